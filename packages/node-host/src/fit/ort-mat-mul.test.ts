import { describeMatMulContract } from '@terrace/core/testing';
import { createOrtMatMul } from './ort-mat-mul.js';

describeMatMulContract('the MatMul of onnxruntime-node', createOrtMatMul);
