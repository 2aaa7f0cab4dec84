//! Nanoseconds per pair of each similarity on seeded name-like values, beside `RapidFuzz`'s batch comparators.
//!
//! `cargo run --release -p plait-engine --example similarity_speed`

#![expect(clippy::print_stdout, reason = "it prints its findings")]

use std::hint::black_box;
use std::time::Instant;

use plait_engine::similarity::{
    Gram, Grams, Nicknames, PackedDate, Prepared, Signature, damerau_levenshtein, day_month_swapped,
    days_apart, digits_transposed, jaro_winkler, jaro_winkler_bound, monge_elkan, one_digit_different,
};
use rapidfuzz::distance as oracle;

const LEFTS: usize = 1000;
const RIGHTS: usize = 200;
/// Lefts that are timed together.
const SLICE: usize = 10;
const THRESHOLDS: [f64; 3] = [0.96, 0.92, 0.88];

/// Nanoseconds per pair of each left with each of its rights.
type Row = fn(&[String], &[Vec<String>]) -> f64;

fn main() {
    let mut random = Random(0x5eed);
    let lefts: Vec<String> = (0..LEFTS).map(|_| random.name()).collect();
    let unrelated: Vec<Vec<String>> =
        lefts.iter().map(|_| (0..RIGHTS).map(|_| random.name()).collect()).collect();
    let related: Vec<Vec<String>> =
        lefts.iter().map(|left| (0..RIGHTS).map(|_| random.variant(left)).collect()).collect();
    let letters: usize = unrelated.iter().flatten().map(String::len).sum();
    let mean = letters as f64 / (LEFTS * RIGHTS) as f64;
    println!(
        "values of mean length {mean:.1}; ns per pair, the best of ten runs, preparing the left included"
    );
    println!("{:<44} {:>10} {:>10}", "", "unrelated", "related");

    let rows: [(&str, Row); 16] = [
        ("rapidfuzz jaro-winkler, batch", |l, r| {
            time(
                l,
                r,
                String::clone,
                |l| oracle::jaro_winkler::BatchComparator::new(l.bytes()),
                |l, r| l.similarity(r.bytes()),
            )
        }),
        ("jaro-winkler, prepared", |l, r| {
            time(l, r, String::clone, |l| Prepared::new(l), |l, r| l.jaro_winkler(r))
        }),
        ("jaro-winkler at least 0.88, prepared", |l, r| {
            let at_least = |l: &Prepared, r: &String| l.jaro_winkler_at_least(r, 0.88).unwrap_or(0.0);
            time(l, r, String::clone, |l| Prepared::new(l), at_least)
        }),
        ("jaro-winkler level of three, prepared", |l, r| {
            let level = |l: &Prepared, r: &String| l.jaro_winkler_level(r, &THRESHOLDS) as f64;
            time(l, r, String::clone, |l| Prepared::new(l), level)
        }),
        ("jaro-winkler bound, signatures", |l, r| {
            let signature = |value: &String| Signature::of(value);
            time(l, r, signature, signature, jaro_winkler_bound)
        }),
        ("jaro-winkler level behind the bound", |l, r| {
            let both = |value: &String| (Signature::of(value), value.clone());
            let prepare = |value: &String| (Signature::of(value), Prepared::new(value));
            time(l, r, both, prepare, |(a, l), (b, r)| {
                let reached = jaro_winkler_bound(a, b) >= THRESHOLDS[2];
                if reached { l.jaro_winkler_level(r, &THRESHOLDS) as f64 } else { 3.0 }
            })
        }),
        ("jaro-winkler, nothing prepared", |l, r| {
            time(l, r, String::clone, String::clone, |l, r| jaro_winkler(l, r))
        }),
        ("rapidfuzz levenshtein, batch", |l, r| {
            time(
                l,
                r,
                String::clone,
                |l| oracle::levenshtein::BatchComparator::new(l.bytes()),
                |l, r| l.distance(r.bytes()) as f64,
            )
        }),
        ("levenshtein, prepared", |l, r| {
            time(l, r, String::clone, |l| Prepared::new(l), |l, r| l.levenshtein(r) as f64)
        }),
        ("levenshtein at most 2, prepared", |l, r| {
            let at_most = |l: &Prepared, r: &String| l.levenshtein_at_most(r, 2).unwrap_or(3) as f64;
            time(l, r, String::clone, |l| Prepared::new(l), at_most)
        }),
        ("rapidfuzz osa, batch", |l, r| {
            time(
                l,
                r,
                String::clone,
                |l| oracle::osa::BatchComparator::new(l.bytes()),
                |l, r| l.distance(r.bytes()) as f64,
            )
        }),
        ("osa, prepared", |l, r| time(l, r, String::clone, |l| Prepared::new(l), |l, r| l.osa(r) as f64)),
        ("damerau-levenshtein", |l, r| {
            time(l, r, String::clone, String::clone, |l, r| damerau_levenshtein(l, r) as f64)
        }),
        ("jaccard of pairs of letters, prepared", |l, r| {
            let grams = |value: &String| Grams::of(value, Gram::Bigram);
            time(l, r, grams, grams, Grams::jaccard)
        }),
        ("monge-elkan", |l, r| time(l, r, String::clone, String::clone, |l, r| monge_elkan(l, r))),
        ("nicknames", |l, r| {
            let table = Nicknames::builtin();
            let related = |l: &String, r: &String| f64::from(u8::from(table.related(l, r)));
            time(l, r, String::clone, String::clone, related)
        }),
    ];
    for (name, row) in rows {
        println!("{name:<44} {:>10.1} {:>10.1}", row(&lefts, &unrelated), row(&lefts, &related));
    }
    time_dates(&mut random);
    report_bound(&lefts, &unrelated);
}

/// Each left against its own list of rights, so that no branch predictor learns a list by heart. What is made of a
/// right is kept and not timed; what is made of a left is timed. Of ten runs, the best time of each small
/// slice counts, so that other work on the machine disturbs little.
fn time<L, R>(
    lefts: &[String],
    rights: &[Vec<String>],
    keep: impl Fn(&String) -> R,
    prepare: impl Fn(&String) -> L,
    measure: impl Fn(&L, &R) -> f64,
) -> f64 {
    let rights: Vec<Vec<R>> = rights.iter().map(|list| list.iter().map(&keep).collect()).collect();
    let pairs = lefts.len() * rights[0].len();
    let mut best = vec![f64::INFINITY; lefts.len().div_ceil(SLICE)];
    for _ in 0..10 {
        for (slice, best) in best.iter_mut().enumerate() {
            let start = Instant::now();
            let mut sum = 0.0;
            let from = slice * SLICE;
            for (left, rights) in lefts.iter().zip(&rights).skip(from).take(SLICE) {
                let left = prepare(left);
                for right in rights {
                    sum += measure(&left, right);
                }
            }
            black_box(sum);
            *best = best.min(start.elapsed().as_nanos() as f64);
        }
    }
    best.iter().sum::<f64>() / pairs as f64
}

fn time_dates(random: &mut Random) {
    let mut date = || {
        PackedDate::new(
            2000 + random.below(20) as u16,
            1 + random.below(12) as u8,
            1 + random.below(28) as u8,
        )
    };
    let dates: Vec<PackedDate> = (0..RIGHTS).map(|_| date()).collect();
    let start = Instant::now();
    let mut count = 0_u32;
    for a in &dates {
        for b in &dates {
            count += u32::from(day_month_swapped(*a, *b) || one_digit_different(*a, *b));
            count += u32::from(digits_transposed(*a, *b));
            count += u32::from(days_apart(*a, *b).is_some_and(|days| days < 31));
        }
    }
    black_box(count);
    let each = start.elapsed().as_nanos() as f64 / (RIGHTS * RIGHTS) as f64;
    println!("{:<44} {each:>10.1}", "dates: swapped, digit, transposed, days");
}

fn report_bound(lefts: &[String], rights: &[Vec<String>]) {
    for threshold in [0.7, 0.8, 0.88, 0.92] {
        let reaches = |(left, rights): (&String, &Vec<String>)| {
            let left = Signature::of(left);
            rights
                .iter()
                .filter(|right| jaro_winkler_bound(&left, &Signature::of(right)) >= threshold)
                .count()
        };
        let reached: usize = lefts.iter().zip(rights).map(reaches).sum();
        let share = reached as f64 / (LEFTS * RIGHTS) as f64;
        println!("unrelated pairs that the bound rules out at {threshold}: {:.1} %", 100.0 * (1.0 - share));
    }
}

/// A multiplicative xorshift generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    fn pick(&mut self, from: &str) -> char {
        char::from(from.as_bytes()[self.below(from.len())])
    }

    /// 3–11 letters, consonants and vowels by turns with an occasional double.
    fn name(&mut self) -> String {
        let length = 3 + self.below(5) + self.below(4) + usize::from(self.below(8) == 0);
        let mut vowel = self.below(4) == 0;
        let mut name = String::new();
        while name.len() < length {
            name.push(if vowel {
                self.pick("aaaeeeiioou")
            } else {
                self.pick("bcddfghjkllmmnnnprrsstttvwyz")
            });
            vowel = if self.below(7) == 0 { vowel } else { !vowel };
        }
        name
    }

    /// The name with one letter changed, dropped, added or swapped with the next.
    fn variant(&mut self, name: &str) -> String {
        let mut letters: Vec<char> = name.chars().collect();
        let at = self.below(letters.len() - 1);
        match self.below(4) {
            0 => letters[at] = self.pick("aeioulnrst"),
            1 => drop(letters.remove(at)),
            2 => letters.insert(at, self.pick("aeioulnrst")),
            _ => letters.swap(at, at + 1),
        }
        letters.into_iter().collect()
    }
}
