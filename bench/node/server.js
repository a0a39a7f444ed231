// Serves the rows of a file under the platform's own schema with graphql-http.
//   node server.js <folder of .graphqls files> <file of rows>
// It prints its port, and ends with its standard input.
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';

const [folder, file] = process.argv.slice(2);
const source = readdirSync(folder)
  .filter((name) => name.endsWith('.graphqls'))
  .sort()
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');
const rows = JSON.parse(readFileSync(file, 'utf8'));
const handler = createHandler({
  schema: buildSchema(source),
  rootValue: { needs: ({ first }) => ({ nodes: rows.slice(0, first) }) },
});
const server = http.createServer((request, response) => handler(request, response));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
