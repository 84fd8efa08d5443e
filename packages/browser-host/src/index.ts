export { createRuntime } from '@terrace/core';
