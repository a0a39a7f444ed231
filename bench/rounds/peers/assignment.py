"""The peer of the benchmark of dense rounds: linear_sum_assignment on the same
table, for its time and its total.

Reads from standard input, in the machine's byte order: int32 rows, columns,
repetitions; then the scores, row by row. Prints for each repetition a line
"total seconds cpu", where the seconds are those of the call alone, by the clock
and of the processor, on a table that already has the type that it wants (Debian:
python3-scipy).
"""
import sys
import time

import numpy
from scipy.optimize import linear_sum_assignment

rows, columns, repetitions = numpy.frombuffer(sys.stdin.buffer.read(12), numpy.int32)
scores = numpy.frombuffer(sys.stdin.buffer.read(), numpy.int32).reshape(rows, columns)
table = scores.astype(numpy.float64)
for _ in range(repetitions):
    begin, ticks = time.perf_counter(), time.process_time()
    left, right = linear_sum_assignment(table, maximize=True)
    took, cpu = time.perf_counter() - begin, time.process_time() - ticks
    print(scores[left, right].sum(dtype=numpy.int64), f"{took:.6f}", f"{cpu:.6f}", flush=True)
