//! `.env` files.

use rempart::keys::dotenv;

/// No error shows what stands in the file, and an entry is a piece of it.
pub(crate) fn dotenv(data: &[u8]) {
    match dotenv::parse(data) {
        Ok(entries) => {
            for entry in entries {
                assert!(
                    !format!("{entry:?}").contains(CANARY) || !contains(data, CANARY.as_bytes())
                );
            }
        }
        Err(faults) => {
            let told = format!("{faults} {faults:?}");
            assert!(!told.contains(CANARY));
        }
    }
    // The same with a secret in it, wherever the input leaves the parser.
    let planted = [data, b"\nPLANTED=", CANARY.as_bytes(), b"\n", data].concat();
    if let Err(faults) = dotenv::parse(&planted) {
        assert!(!format!("{faults} {faults:?}").contains(CANARY));
    }
}

const CANARY: &str = "zq7canary7qz";

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
