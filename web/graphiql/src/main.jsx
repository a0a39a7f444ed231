import {createGraphiQLFetcher} from '@graphiql/toolkit';
import {setNonce} from 'get-nonce';
import {GraphiQL} from 'graphiql';
import {parse} from 'graphql';
import {createClient} from 'graphql-ws';
import {createRoot} from 'react-dom/client';
import board from './examples/board.graphql';
import matches from './examples/matches.graphql';
import notices from './examples/notices.graphql';
import {nameEditors} from './names.js';
import {sessionOnly} from './storage.js';
import {bindTokenForm} from './token.js';
import 'graphiql/style.css';
import './style.css';

// GraphiQL's menus add a style element of their own, which the page's policy
// admits only with the nonce.
setNonce(document.querySelector('script[nonce]').nonce);

const place = document.getElementById('graphiql');
const endpoint = new URL(place.dataset.endpoint, location.href);
const socketEndpoint = new URL(endpoint);
socketEndpoint.protocol = endpoint.protocol.replace('http', 'ws');

const examples = [board, matches, notices].map(query => ({query}));
const root = createRoot(place);
let sockets;

// Without a token the browser's session speaks, through its cookie. A new token
// is a new client: the schema is asked for again, and no open connection keeps
// the sign-in of before.
function show(token) {
  sockets?.dispose();
  const authorization = token ? {Authorization: `Bearer ${token}`} : {};
  sockets = createClient({url: socketEndpoint.href, connectionParams: authorization});
  const send = createGraphiQLFetcher({
    url: endpoint.href,
    headers: authorization,
    wsClient: sockets,
    enableIncrementalDelivery: false,
  });
  const fetcher = (operation, options) => send(operation, {...options, documentAST: parsed(operation.query)});
  root.render(
    <GraphiQL fetcher={fetcher} storage={sessionOnly} defaultTabs={examples} shouldPersistHeaders={false}>
      <GraphiQL.Logo>GraphiQL</GraphiQL.Logo>
    </GraphiQL>,
  );
}

// GraphiQL hands over what it parsed a moment ago: who types and runs at once
// would have a subscription sent like a query.
function parsed(query) {
  try {
    return parse(query);
  } catch {
    return undefined; // the endpoint tells what is wrong with it
  }
}

nameEditors(place);
show(bindTokenForm(document.getElementById('token'), show));
