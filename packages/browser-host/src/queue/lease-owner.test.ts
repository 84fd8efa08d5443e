import { expect, it } from 'vitest';
import { createLeaseOwner } from './lease-owner.js';

it('has no name where there are no locks, as in an insecure context, and knows of nobody', async () => {
  const owner = createLeaseOwner({ locks: undefined });
  expect(await owner.name()).toBeUndefined();
  expect(await owner.isThere('somebody')).toBeUndefined();
  owner.leave();
});

it('has no name where the browser refuses locks, and knows of nobody', async () => {
  const refuse = () => Promise.reject(new DOMException('denied', 'SecurityError'));
  const owner = createLeaseOwner({ locks: { request: refuse, query: refuse } as unknown as LockManager });
  expect(await owner.name()).toBeUndefined();
  expect(await owner.isThere('somebody')).toBeUndefined();
});
