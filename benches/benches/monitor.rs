//! Figures to look at, by criterion; `gate` is what decides.

fn main() {
    rempart_benches::criterion::run("monitor/");
}
