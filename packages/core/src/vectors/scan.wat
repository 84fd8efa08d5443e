(module
  (memory (export "memory") 1)
  (func (export "distances")
    (param $bits i32) (param $query i32) (param $stride i32) (param $rows i32) (param $distances i32) (param $counts i32)
    (local $row i32) (local $at i32) (local $end i32) (local $q i32) (local $sum v128) (local $distance i32) (local $count i32)
    (local.set $at (local.get $bits))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $sum (v128.const i64x2 0 0))
        (local.set $q (local.get $query))
        (local.set $end (i32.add (local.get $at) (local.get $stride)))
        (loop $word
          (local.set $sum
            (i16x8.add
              (local.get $sum)
              (i16x8.extadd_pairwise_i8x16_u
                (i8x16.add
                  (i8x16.add
                    (i8x16.popcnt (v128.xor (v128.load (local.get $at)) (v128.load (local.get $q))))
                    (i8x16.popcnt
                      (v128.xor (v128.load offset=16 (local.get $at)) (v128.load offset=16 (local.get $q)))))
                  (i8x16.popcnt
                    (v128.xor (v128.load offset=32 (local.get $at)) (v128.load offset=32 (local.get $q))))))))
          (local.set $at (i32.add (local.get $at) (i32.const 48)))
          (local.set $q (i32.add (local.get $q) (i32.const 48)))
          (br_if $word (i32.lt_u (local.get $at) (local.get $end))))
        (local.set $sum (i32x4.extadd_pairwise_i16x8_u (local.get $sum)))
        (local.set $distance
          (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
            (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
        (i32.store16 (i32.add (local.get $distances) (i32.shl (local.get $row) (i32.const 1))) (local.get $distance))
        (local.set $count (i32.add (local.get $counts) (i32.shl (local.get $distance) (i32.const 2))))
        (i32.store (local.get $count) (i32.add (i32.load (local.get $count)) (i32.const 1)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next))))
  (func (export "collect")
    (param $distances i32) (param $rows i32) (param $cut i32) (param $found i32) (result i32)
    (local $row i32) (local $to i32) (local $cuts v128) (local $last i32)
    (local.set $to (local.get $found))
    (local.set $cuts (i16x8.splat (local.get $cut)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $last (i32.add (local.get $row) (i32.const 8)))
        (if (i32.and
              (i32.le_u (local.get $last) (local.get $rows))
              (i32.eqz
                (v128.any_true
                  (i16x8.le_u
                    (v128.load (i32.add (local.get $distances) (i32.shl (local.get $row) (i32.const 1))))
                    (local.get $cuts)))))
          (then (local.set $row (local.get $last)) (br $next)))
        (if (i32.gt_u (local.get $last) (local.get $rows)) (then (local.set $last (local.get $rows))))
        (loop $each
          (if (i32.le_u
                (i32.load16_u (i32.add (local.get $distances) (i32.shl (local.get $row) (i32.const 1))))
                (local.get $cut))
            (then
              (i32.store (local.get $to) (local.get $row))
              (local.set $to (i32.add (local.get $to) (i32.const 4)))))
          (local.set $row (i32.add (local.get $row) (i32.const 1)))
          (br_if $each (i32.lt_u (local.get $row) (local.get $last))))
        (br $next)))
    (i32.shr_u (i32.sub (local.get $to) (local.get $found)) (i32.const 2))))
