const editors = {
  '.graphiql-query-editor .CodeMirror': 'Operation',
  '.graphiql-editor-tool .graphiql-editor:nth-child(1) .CodeMirror': 'Variables, as JSON',
  '.graphiql-editor-tool .graphiql-editor:nth-child(2) .CodeMirror': 'Headers, as JSON',
  '.result-window .CodeMirror': 'Result',
};

// nameEditors tells screen readers what each editor is for, which GraphiQL leaves
// out, as soon as the editors are there.
export function nameEditors(place) {
  const unnamed = new Map(Object.entries(editors));
  const observer = new MutationObserver(() => {
    for (const [selector, name] of unnamed) {
      const editor = place.querySelector(selector)?.CodeMirror;
      if (editor) {
        editor.setOption('screenReaderLabel', name);
        unnamed.delete(selector);
      }
    }
    if (unnamed.size === 0) observer.disconnect();
  });
  observer.observe(place, {childList: true, subtree: true});
}
