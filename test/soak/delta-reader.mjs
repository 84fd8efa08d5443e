// Reads one delta over and over, as a host does that starts while it is replaced, and says which version it saw whole.
import { openModelFolders, readVerified } from '@terrace/node-host';

const [shipped, added, id] = process.argv.slice(2);
/** An old catalog names files that are no longer there: whoever meets that opens the folder again. */
const TRIES = 100;

async function read() {
  const folders = await openModelFolders({ shipped, added });
  const delta = folders.current().deltas.find((each) => each.id === id);
  for (const file of [delta.head, delta.adapter, delta.adapterConfig]) {
    if (file) await readVerified(await folders.locate(file));
  }
  return delta.head.sha256;
}

for (;;) {
  let seen;
  let failure;
  for (let tries = 0; seen === undefined && tries < TRIES; tries++) {
    seen = await read().catch((error) => void (failure = error));
    if (seen === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.stdout.write(seen === undefined ? `broken ${failure}\n` : `whole ${seen}\n`);
}
