/** What went wrong, in the runtime's words, and what to do next. */
export function Failure({ title, error }: { readonly title?: string; readonly error: unknown }) {
  const { message, hint } = Object(error) as { readonly message?: unknown; readonly hint?: unknown };
  return (
    <div class="failure" role="alert">
      {title !== undefined && <strong>{title}</strong>}
      {/* Errors of the runtime are in English, whatever the page speaks. */}
      <p lang="en">{typeof message === 'string' ? message : String(error)}</p>
      {typeof hint === 'string' && hint !== '' && <p lang="en">{hint}</p>}
    </div>
  );
}
