package certificate

// CheckDense checks a full assignment of a table of scores, given row by row:
// every row has a column of its own, or every column a row when there are fewer,
// and the prices prove that no other full assignment has a greater total. No pair
// scores more than the sum of its prices; planned pairs score exactly that; on the
// longer side no price is negative, and who is left over has the price 0.
func CheckDense(rows, columns int, scores []int32, column []int32, row, col []int64) error {
	if len(scores) != rows*columns || len(column) != rows || len(row) != rows || len(col) != columns {
		return invalid("there is not one score, column and price for each")
	}
	taken, n := make([]bool, columns), 0
	for i, j := range column {
		if j < 0 {
			if rows <= columns || row[i] != 0 {
				return invalid("row %d has no column, or a price without one", i)
			}
			continue
		}
		if int(j) >= columns || taken[j] {
			return invalid("the column of row %d does not exist or is taken", i)
		}
		if !within(row[i]) || !within(col[j]) || row[i]+col[j] != int64(scores[i*columns+int(j)]) {
			return invalid("row %d and its column cost other than they score", i)
		}
		taken[j] = true
		n++
	}
	if n != min(rows, columns) {
		return invalid("%d pairs of %d", n, min(rows, columns))
	}
	for j := range col {
		if !taken[j] && col[j] != 0 || columns >= rows && col[j] < 0 {
			return invalid("column %d has a price of %d", j, col[j])
		}
	}
	for i, u := range row {
		if rows > columns && u < 0 || !within(u) {
			return invalid("row %d has a price of %d", i, u)
		}
		for j, s := range scores[i*columns : (i+1)*columns] {
			if int64(s)-col[j] > u {
				return invalid("row %d and column %d score more than their prices", i, j)
			}
		}
	}
	return nil
}

func within(x int64) bool { return x <= maxDual && x >= -maxDual }
