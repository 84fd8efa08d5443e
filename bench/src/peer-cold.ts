import { openPeer } from './peer.js';

const [folder = '', text = ''] = process.argv.slice(2);
const peer = await openPeer(folder);
console.log(await peer.run(text));
