//! The same cases for criterion: distributions to look at, not to decide by.

use criterion::Criterion;

use crate::{Side, cases};

/// Runs the cases of a crate as criterion benches, all sides of a case in one group.
pub fn run(prefix: &str) {
    let mut criterion = Criterion::default().configure_from_args();
    for case in cases::matching(prefix) {
        let mut group = criterion.benchmark_group(case.name);
        let sides: [(&str, Option<&Side>); 3] = [
            ("bare", Some(&case.bare)),
            ("ours", Some(&case.ours)),
            ("rival", case.rival.as_ref()),
        ];
        for (name, side) in sides {
            let Some(side) = side else { continue };
            group.bench_function(name, |bencher| {
                let mut runner = side.start();
                bencher.iter(|| runner.run());
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
