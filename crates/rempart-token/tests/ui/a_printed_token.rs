use rempart_token::Token;

fn print(token: &Token) {
    println!("{token}");
}

fn main() {
    let _ = print;
}
