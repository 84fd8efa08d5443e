import { describeMipSolverContract } from '@terrace/core/testing';
import { createHighsSolver } from './highs-solver.js';

describeMipSolverContract('HiGHS in this thread', createHighsSolver);
