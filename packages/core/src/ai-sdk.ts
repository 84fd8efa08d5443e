export { createTerrace, type TerraceProvider } from './ai-sdk/create-terrace.js';
