const kept = 'token';

// bindTokenForm keeps the form's token in sessionStorage, calls use when it
// changes, and returns the token that was kept before.
export function bindTokenForm(form, use) {
  const field = form.elements.token;
  const said = form.querySelector('output');
  let token = sessionStorage.getItem(kept) ?? '';

  const tell = () => {
    said.value = token ? 'Token in use until this tab closes' : 'No token: the browser’s sign-in is used';
  };
  form.addEventListener('submit', event => {
    event.preventDefault();
    const wanted = field.value.trim().replace(/^Bearer\s+/i, '');
    if (/[^\x21-\x7e]/.test(wanted)) {
      field.setCustomValidity('A token has no spaces and only plain letters, digits and signs.');
      field.reportValidity();
      return;
    }
    field.value = wanted;
    if (wanted !== token) {
      token = wanted;
      if (token) sessionStorage.setItem(kept, token);
      else sessionStorage.removeItem(kept);
      use(token);
    }
    tell();
  });
  field.addEventListener('input', () => field.setCustomValidity(''));

  field.value = token;
  tell();
  return token;
}
