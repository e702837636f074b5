#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rempart_fuzz::run("key_text", data));
