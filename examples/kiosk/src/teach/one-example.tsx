import { useId, useRef, useState } from 'preact/hooks';
import type { Example } from './parse-examples.js';
import { useTeachTexts } from './use-teach-texts.js';

/** One example more; the label stays for the next one. */
export function OneExample({ onAdd }: { readonly onAdd: (example: Pick<Example, 'text' | 'label'>) => void }) {
  const texts = useTeachTexts();
  const [text, setText] = useState('');
  const [label, setLabel] = useState('');
  const ids = { title: useId(), text: useId(), label: useId() };
  const fields = { text: useRef<HTMLInputElement>(null), label: useRef<HTMLInputElement>(null) };
  const add = (): void => {
    const example = { text: text.trim(), label: label.trim() };
    if (example.text === '') return fields.text.current?.focus();
    if (example.label === '') return fields.label.current?.focus();
    onAdd(example);
    setText('');
    fields.text.current?.focus();
  };
  return (
    <form
      class="one-example"
      noValidate
      aria-labelledby={ids.title}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <h3 id={ids.title}>{texts.oneByOne}</h3>
      <div class="field">
        <label for={ids.text}>{texts.text}</label>
        <input
          id={ids.text}
          ref={fields.text}
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for={ids.label}>{texts.label}</label>
        <input
          id={ids.label}
          ref={fields.label}
          type="text"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={label}
          onInput={(event) => setLabel(event.currentTarget.value)}
        />
      </div>
      <button type="submit" class="quiet">
        {texts.add}
      </button>
    </form>
  );
}
