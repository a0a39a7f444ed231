// Runs every audit of the GraphQL over HTTP specification against a served API
// and prints the results as JSON: [{id, name, status, reason}].
//
//   node audit.mjs http://127.0.0.1:8080/graphql [access token]
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
if (!url) {
	console.error('usage: node audit.mjs <url of the API> [access token]');
	process.exit(2);
}
const authorization = token ? { authorization: `Bearer ${token}` } : {};
const fetchFn = (where, init = {}) => fetch(where, { ...init, headers: { ...authorization, ...init.headers } });
const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
	const { id, name, status, reason } = await audit.fn();
	results.push({ id, name, status, reason: reason ?? '' });
}
console.log(JSON.stringify(results));
process.exit(0); // connections that are kept alive would hold the process
