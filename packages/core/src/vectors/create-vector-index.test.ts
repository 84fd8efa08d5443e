import { describeVectorIndexContract } from '../testing/vector-index-contract.js';
import { createVectorIndex } from './create-vector-index.js';

describeVectorIndexContract('the scanned index', createVectorIndex);
