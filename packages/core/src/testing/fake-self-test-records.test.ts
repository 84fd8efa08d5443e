import { createFakeSelfTestRecords } from './fake-self-test-records.js';
import { describeSelfTestRecordsContract } from './self-test-records-contract.js';

describeSelfTestRecordsContract('the fake', () => {
  const records = createFakeSelfTestRecords();
  return { records, reopen: () => records };
});
