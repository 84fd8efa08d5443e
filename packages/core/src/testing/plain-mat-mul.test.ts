import { describeMatMulContract } from './mat-mul-contract.js';
import { createPlainMatMul } from './plain-mat-mul.js';

describeMatMulContract('the MatMul of plain loops', createPlainMatMul);
