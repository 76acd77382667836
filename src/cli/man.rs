//! A command as a manual page, in the language of `man` (groff_man(7)).

use clap::{Arg, Command};

/// The page of a command that has been built.
pub fn page(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let mut page = format!(".TH {name} 1\n.SH NAME\n{} \\- {}\n", plain(name), plain(&about));
    page += &format!(".SH SYNOPSIS\n{}\n", plain(usage.trim_start_matches("Usage: ")));
    let description = command.get_long_about().map_or(about, ToString::to_string);
    page += &format!(".SH DESCRIPTION\n{}\n", paragraphs(&description));
    page += ".SH OPTIONS\n";
    let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let (values, flags): (Vec<_>, Vec<_>) = shown.partition(|argument| argument.is_positional());
    values.into_iter().chain(flags).for_each(|argument| page += &option(argument));
    let commands = || command.get_subcommands().filter(|command| !command.is_hide_set());
    if commands().next().is_some() {
        page += ".SH COMMANDS\n";
    }
    for command in commands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        page += &format!(".TP\n\\fB{}\\fR\n{}\n", plain(command.get_name()), plain(&about));
    }
    if let Some(after) = command.get_after_help() {
        let laid_out = |line: &str| format!("{}\n", plain(line));
        page += &format!(".SH MORE\n.nf\n{}.fi\n", after.to_string().lines().map(laid_out).collect::<String>());
    }
    page
}

/// What it is called, then what it means, its values and what it is when it is left out.
fn option(argument: &Arg) -> String {
    let flags = [argument.get_short().map(|short| format!("-{short}")), argument.get_long().map(|l| format!("--{l}"))];
    let flags: Vec<String> = flags.into_iter().flatten().map(|flag| format!("\\fB{}\\fR", plain(&flag))).collect();
    let takes = argument.get_num_args().is_some_and(|count| count.takes_values());
    let names = argument.get_value_names().filter(|_| takes).unwrap_or_default();
    let values = names.iter().map(|name| format!("\\fI{}\\fR", plain(name)));
    let call = [vec![flags.join(", ")], values.collect()].concat().join(" ");
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = format!(".TP\n{}\n{}\n", call.trim(), paragraphs(&help));
    let possible = argument.get_possible_values();
    for value in possible.iter().filter(|value| takes && !value.is_hide_set()) {
        let means = value.get_help().map(ToString::to_string).unwrap_or_default();
        text += &format!(".br\n\\fI{}\\fR: {}\n", plain(value.get_name()), plain(&means));
    }
    let default: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes && !default.is_empty() && !argument.is_hide_default_value_set() {
        text += &format!(".br\n[default: {}]\n", plain(&default.join(" ")));
    }
    text
}

/// Text in which an empty line begins a paragraph.
fn paragraphs(text: &str) -> String {
    let line = |line: &str| if line.trim().is_empty() { ".sp".into() } else { plain(line) };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A line that means itself: with no command at its start, and hyphens that can be copied.
fn plain(line: &str) -> String {
    let escaped = line.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ArgAction;

    #[test]
    fn a_page_says_all_that_the_command_knows() {
        let loud = Arg::new("loud").short('l').long("very-loud").action(ArgAction::SetTrue).help("Not quietly");
        let word = Arg::new("word").value_name("WORD").default_value("a\\b").help("What\n\n.to say");
        let tone = Arg::new("tone").long("tone").value_name("TONE").value_parser(["high", "low"]);
        let mut command = Command::new("say").about("Say a word").arg(loud).arg(word).arg(tone).after_help("  say  it");
        command.build();
        let expected = r"
.TH say 1
.SH NAME
say \- Say a word
.SH SYNOPSIS
say [OPTIONS] [WORD]
.SH DESCRIPTION
Say a word
.SH OPTIONS
.TP
\fIWORD\fR
What
.sp
\&.to say
.br
[default: a\eb]
.TP
\fB\-l\fR, \fB\-\-very\-loud\fR
Not quietly
.TP
\fB\-\-tone\fR \fITONE\fR

.br
\fIhigh\fR: 
.br
\fIlow\fR: 
.TP
\fB\-h\fR, \fB\-\-help\fR
Print help
.SH MORE
.nf
  say  it
.fi
";
        assert_eq!(page(&command), expected[1..]);
    }
}
