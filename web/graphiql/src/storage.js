// What GraphiQL remembers (tabs, variables, history, theme) can name people:
// it ends with the tab of the browser. Clearing it leaves the token alone.
const prefix = 'graphiql:';

export const sessionOnly = {
  get length() {
    return ownKeys().length;
  },
  getItem: key => sessionStorage.getItem(key),
  setItem: (key, value) => sessionStorage.setItem(key, value),
  removeItem: key => sessionStorage.removeItem(key),
  clear: () => ownKeys().forEach(key => sessionStorage.removeItem(key)),
};

function ownKeys() {
  return Object.keys(sessionStorage).filter(key => key.startsWith(prefix));
}
