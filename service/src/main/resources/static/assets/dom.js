// Makes elements. Text only ever becomes a text node, so that no name of a model is markup.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Fills a select with names and keeps what was chosen; hides its field where there is no choice.
export function offer(select, field, names) {
  const shown = [...select.options].map((option) => option.value);
  field.hidden = names.length < 2;
  if (shown.join("\n") === names.join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
  if (names.includes(chosen)) select.value = chosen;
}
