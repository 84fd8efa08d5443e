import type { Transposed } from '../../ports/mat-mul.js';

/**
 * y = a x b, ONNX graphs of one Gemm node in base64, with open dimensions: the products of fitting, by the kernels that
 * run models anyway. Inputs `a` and `b`, output `y`, all f32 (opset 17, IR 9).
 */
export const GEMM_GRAPHS: Readonly<Record<Transposed, string>> = {
  neither:
    'CAk6XAoPCgFhCgFiEgF5IgRHZW1tEgRnZW1tWhUKAWESEAoOCAESCgoDEgFwCgMSAXFaFQoBYhIQCg4IARIKCgMSAXIKAxIBc2IVCgF5EhAKDggBEgoKAxIBbQoDEgFuQgQKABAR',
  first:
    'CAk6awoeCgFhCgFiEgF5IgRHZW1tKg0KBnRyYW5zQRgBoAECEgRnZW1tWhUKAWESEAoOCAESCgoDEgFwCgMSAXFaFQoBYhIQCg4IARIKCgMSAXIKAxIBc2IVCgF5EhAKDggBEgoKAxIBbQoDEgFuQgQKABAR',
  second:
    'CAk6awoeCgFhCgFiEgF5IgRHZW1tKg0KBnRyYW5zQhgBoAECEgRnZW1tWhUKAWESEAoOCAESCgoDEgFwCgMSAXFaFQoBYhIQCg4IARIKCgMSAXIKAxIBc2IVCgF5EhAKDggBEgoKAxIBbQoDEgFuQgQKABAR',
};
