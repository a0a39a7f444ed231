// GraphiQL with a box for the bearer token. The page is served by graphiql.go.
import { createElement, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-sse';
import { setNonce } from 'get-nonce';
import 'graphiql/graphiql.css';
import './page.css';

const page = document.querySelector('meta[name=graphiql]').dataset;
setNonce(page.nonce);

const tokenKey = 'diaspora.token';

// The token lives as long as the tab: it is a credential.
function useToken() {
  const [token, setToken] = useState(() => sessionStorage.getItem(tokenKey) ?? '');
  useEffect(() => sessionStorage.setItem(tokenKey, token), [token]);
  return [token, setToken];
}

function fetcherFor(token) {
  const signedIn = token ? { Authorization: `Bearer ${token.trim()}` } : {};
  return (params, opts = {}) => {
    const headers = { ...signedIn, ...opts.headers };
    const kind = opts.documentAST?.definitions.find(
      d => d.kind === 'OperationDefinition' && (!params.operationName || d.name?.value === params.operationName),
    )?.operation;
    if (kind === 'subscription') {
      return createClient({ url: page.endpoint, headers, retryAttempts: 0 }).iterate(params);
    }
    return fetch(page.endpoint, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json' },
      body: JSON.stringify(params),
    }).then(r => r.json());
  };
}

function Page() {
  const [token, setToken] = useToken();
  const fetcher = useMemo(() => fetcherFor(token), [token]);
  return createElement('div', { className: 'page' },
    createElement('form', { className: 'token', onSubmit: e => e.preventDefault() },
      createElement('label', { htmlFor: 'token' }, 'Bearer token'),
      createElement('input', {
        id: 'token', type: 'password', autoComplete: 'off', spellCheck: false, value: token,
        placeholder: 'paste a token of tokens.json', onChange: e => setToken(e.target.value),
      }),
      createElement('span', null, 'kept for this tab only')),
    // A new token asks for the schema again.
    createElement(GraphiQL, { key: token, fetcher, isHeadersEditorEnabled: true, shouldPersistHeaders: false,
      defaultQuery: '# Paste a token above, then run this.\nquery Who {\n  viewer {\n    id\n    grants {\n      role\n    }\n  }\n}\n' }));
}

createRoot(document.getElementById('graphiql')).render(createElement(Page));
