import type { Ref } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';
import { OneExample } from './one-example.js';
import { MOST_FILE_BYTES, readTextFile, type FileFault } from './read-file.js';
import { useTeachTexts } from './use-teach-texts.js';
import { withExample } from './with-example.js';

const PLACEHOLDER = 'text,label\nI need a new gasket,order\nMy pump arrived broken,return';

/** Where examples are written, pasted, dropped, or added one by one: all of them are lines of one text. */
export function ExampleEditor(props: {
  readonly source: string;
  readonly editor: Ref<HTMLTextAreaElement>;
  readonly onSource: (source: string) => void;
}) {
  const { source, editor, onSource } = props;
  const { format } = useTexts();
  const texts = useTeachTexts();
  const [refused, setRefused] = useState<FileFault>();
  const id = useId();

  const read = async (file: File): Promise<void> => {
    const found = await readTextFile(file);
    setRefused(found.kind === 'refused' ? found.why : undefined);
    if (found.kind === 'text') onSource(found.text);
  };

  return (
    <>
      <div class="field">
        <label for={id}>{texts.examples}</label>
        <textarea
          id={id}
          ref={editor}
          rows={8}
          wrap="off"
          lang="en"
          autocapitalize="none"
          spellcheck={false}
          placeholder={PLACEHOLDER}
          value={source}
          aria-describedby={`${id}-hint`}
          onInput={(event) => onSource(event.currentTarget.value)}
          onDragOver={(event) => event.dataTransfer?.types.includes('Files') && event.preventDefault()}
          onDrop={(event) => {
            const file = event.dataTransfer?.files[0];
            if (!file) return;
            event.preventDefault();
            void read(file);
          }}
        />
        <p id={`${id}-hint`} class="hint">
          {texts.examplesHint}
        </p>
      </div>
      <div class="field">
        <label for={`${id}-file`}>{texts.file}</label>
        <input
          id={`${id}-file`}
          type="file"
          accept=".csv,.tsv,.jsonl,.ndjson,.json,.txt"
          aria-describedby={`${id}-file-hint`}
          onChange={({ currentTarget: input }) => {
            const file = input.files?.[0];
            input.value = '';
            if (file) void read(file);
          }}
        />
        <p id={`${id}-file-hint`} class={refused ? 'problem' : 'hint'} role="status">
          {refused === undefined && texts.fileHint}
          {refused === 'tooLarge' && texts.tooLarge(format.bytes(MOST_FILE_BYTES))}
          {(refused === 'notUtf8' || refused === 'unreadable') && texts[refused]}
        </p>
      </div>
      <OneExample onAdd={(example) => onSource(withExample(source, example))} />
    </>
  );
}
