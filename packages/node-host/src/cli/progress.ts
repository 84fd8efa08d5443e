export interface Progress {
  update(done: number, total: number): void;
  /** Goes on with another piece of work. */
  next(what: string): void;
  end(): void;
}

/** A line on a terminal that says how far a long operation is; silent where nobody watches. */
export function startProgress(first: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  let what = first;
  let shown = '';
  const show = (line: string): void => {
    if (!stream.isTTY || line === shown) return;
    stream.write(`\r${line.padEnd(shown.length)}`);
    shown = line;
  };
  return {
    update: (done, total) => show(`${what}: ${Math.floor((100 * done) / total)} % of ${total}`),
    next(name) {
      what = name;
    },
    end() {
      if (shown !== '') stream.write(`\r${' '.repeat(shown.length)}\r`);
      shown = '';
    },
  };
}
