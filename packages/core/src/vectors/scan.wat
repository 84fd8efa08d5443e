(module
  (memory (export "memory") 1)
  (func (export "firstDistances")
    (param $signs i32) (param $query i32) (param $rows i32) (param $distances i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $distances) (local.get $rows)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $distances) (local.get $end)))
        (v128.store
          (local.get $distances)
          (i8x16.add
            (i8x16.add
              (i8x16.add
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load (local.get $signs)) (v128.load (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=16 (local.get $signs)) (v128.load offset=16 (local.get $query)))))
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=32 (local.get $signs)) (v128.load offset=32 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=48 (local.get $signs)) (v128.load offset=48 (local.get $query))))))
              (i8x16.add
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=64 (local.get $signs)) (v128.load offset=64 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=80 (local.get $signs)) (v128.load offset=80 (local.get $query)))))
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=96 (local.get $signs)) (v128.load offset=96 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=112 (local.get $signs)) (v128.load offset=112 (local.get $query)))))))
            (i8x16.add
              (i8x16.add
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=128 (local.get $signs)) (v128.load offset=128 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=144 (local.get $signs)) (v128.load offset=144 (local.get $query)))))
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=160 (local.get $signs)) (v128.load offset=160 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=176 (local.get $signs)) (v128.load offset=176 (local.get $query))))))
              (i8x16.add
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=192 (local.get $signs)) (v128.load offset=192 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=208 (local.get $signs)) (v128.load offset=208 (local.get $query)))))
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=224 (local.get $signs)) (v128.load offset=224 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=240 (local.get $signs)) (v128.load offset=240 (local.get $query)))))))))
        (local.set $signs (i32.add (local.get $signs) (i32.const 256)))
        (local.set $distances (i32.add (local.get $distances) (i32.const 16)))
        (br $next))))
  (func (export "countWithin")
    (param $distances i32) (param $rows i32) (param $cut i32) (result i32)
    (local $end i32) (local $stop i32) (local $cuts v128) (local $sum v128) (local $total v128)
    (local.set $cuts (i8x16.splat (local.get $cut)))
    (local.set $end (i32.add (local.get $distances) (local.get $rows)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $distances) (local.get $end)))
        (local.set $sum (v128.const i64x2 0 0))
        ;; A byte counts no more than 255 times.
        (local.set $stop (i32.add (local.get $distances) (i32.const 4080)))
        (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
        (loop $each
          (local.set $sum
            (i8x16.sub (local.get $sum) (i8x16.le_u (v128.load (local.get $distances)) (local.get $cuts))))
          (local.set $distances (i32.add (local.get $distances) (i32.const 16)))
          (br_if $each (i32.lt_u (local.get $distances) (local.get $stop))))
        (local.set $total
          (i32x4.add
            (local.get $total)
            (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u (local.get $sum)))))
        (br $next)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $total)) (i32x4.extract_lane 1 (local.get $total)))
      (i32.add (i32x4.extract_lane 2 (local.get $total)) (i32x4.extract_lane 3 (local.get $total)))))
  (func (export "collect")
    (param $distances i32) (param $rows i32) (param $cut i32) (param $found i32) (result i32)
    (local $row i32) (local $to i32) (local $mask i32) (local $cuts v128)
    (local.set $cuts (i8x16.splat (local.get $cut)))
    (local.set $to (local.get $found))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $mask
          (i8x16.bitmask
            (i8x16.le_u (v128.load (i32.add (local.get $distances) (local.get $row))) (local.get $cuts))))
        (block $none
          (loop $each
            (br_if $none (i32.eqz (local.get $mask)))
            (i32.store (local.get $to) (i32.add (local.get $row) (i32.ctz (local.get $mask))))
            (local.set $to (i32.add (local.get $to) (i32.const 4)))
            (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
            (br $each)))
        (local.set $row (i32.add (local.get $row) (i32.const 16)))
        (br $next)))
    (i32.shr_u (i32.sub (local.get $to) (local.get $found)) (i32.const 2)))
  (func (export "wholeDistances")
    (param $found i32) (param $count i32) (param $signs i32) (param $query i32) (param $stride i32)
    (param $distances i32) (param $whole i32)
    (local $end i32) (local $stop i32) (local $at i32) (local $q i32) (local $row i32) (local $sum v128)
    (local.set $end (i32.add (local.get $found) (i32.shl (local.get $count) (i32.const 2))))
    ;; Rows lie far apart: they are fetched at once, and not each when its turn comes.
    (local.set $at (local.get $found))
    (block $fetched
      (loop $fetch
        (br_if $fetched (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $row
          (i32.add
            (local.get $row)
            (i32.load8_u
              (i32.add (local.get $signs) (i32.mul (i32.load (local.get $at)) (local.get $stride))))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $fetch)))
    ;; Written over below; what is never used might never be loaded.
    (i32.store16 (local.get $whole) (local.get $row))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $found) (local.get $end)))
        (local.set $row (i32.load (local.get $found)))
        (local.set $at (i32.add (local.get $signs) (i32.mul (local.get $row) (local.get $stride))))
        (local.set $stop (i32.add (local.get $at) (local.get $stride)))
        (local.set $q (local.get $query))
        (local.set $sum (v128.const i64x2 0 0))
        (block $whole
          (loop $word
            (br_if $whole (i32.ge_u (local.get $at) (local.get $stop)))
            (local.set $sum
              (i16x8.add
                (local.get $sum)
                (i16x8.extadd_pairwise_i8x16_u
                  (i8x16.popcnt (v128.xor (v128.load (local.get $at)) (v128.load (local.get $q)))))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (local.set $q (i32.add (local.get $q) (i32.const 16)))
            (br $word)))
        (local.set $sum (i32x4.extadd_pairwise_i16x8_u (local.get $sum)))
        (i32.store16
          (local.get $whole)
          (i32.add
            (i32.load8_u (i32.add (local.get $distances) (local.get $row)))
            (i32.add
              (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
              (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum))))))
        (local.set $whole (i32.add (local.get $whole) (i32.const 2)))
        (local.set $found (i32.add (local.get $found) (i32.const 4)))
        (br $next))))
  (func (export "dot")
    (param $vector i32) (param $query i32) (param $values i32) (result f64)
    (local $stop i32) (local $end i32) (local $even v128) (local $odd v128) (local $first f64)
    (local.set $end (i32.add (local.get $vector) (i32.shl (local.get $values) (i32.const 2))))
    (local.set $stop
      (i32.add (local.get $vector) (i32.shl (i32.and (local.get $values) (i32.const -4)) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $vector) (local.get $stop)))
        (local.set $even
          (f64x2.add
            (local.get $even)
            (f64x2.mul
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $vector)))
              (v128.load (local.get $query)))))
        (local.set $odd
          (f64x2.add
            (local.get $odd)
            (f64x2.mul
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $vector)))
              (v128.load offset=16 (local.get $query)))))
        (local.set $vector (i32.add (local.get $vector) (i32.const 16)))
        (local.set $query (i32.add (local.get $query) (i32.const 32)))
        (br $next)))
    (local.set $first (f64x2.extract_lane 0 (local.get $even)))
    (block $none
      (loop $each
        (br_if $none (i32.ge_u (local.get $vector) (local.get $end)))
        (local.set $first
          (f64.add
            (local.get $first)
            (f64.mul (f64.promote_f32 (f32.load (local.get $vector))) (f64.load (local.get $query)))))
        (local.set $vector (i32.add (local.get $vector) (i32.const 4)))
        (local.set $query (i32.add (local.get $query) (i32.const 8)))
        (br $each)))
    (f64.add
      (f64.add (local.get $first) (f64x2.extract_lane 1 (local.get $even)))
      (f64.add (f64x2.extract_lane 0 (local.get $odd)) (f64x2.extract_lane 1 (local.get $odd))))))
