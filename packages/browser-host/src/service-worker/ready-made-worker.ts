import { serveOffline } from './serve-offline.js';

// A service worker for pages that want nothing else of theirs: copied as sw.js beside the list of the page's files.
serveOffline();
