//! Where the engine stands: told of every operation and of every step, it goes on or waits, as the page has asked, and
//! answers while it waits.

mod answer;
mod change;
mod obey;
mod show;

use crate::autodiff::{Part, Phase, View};
use crate::data::Digits;
use crate::gan::{Config, Diagnosis, EpochEnd, History, Session, Snapshot, StepEnd, TrainError, Warning};
use crate::lab::clinic::Clinic;
use crate::lab::edits::Edits;
use crate::lab::frame::Seen;
use crate::lab::mailbox::{Letter, Mailbox, What};
use crate::lab::moment::{Moment, Place};
use crate::lab::plane;
use crate::lab::rewind::Twin;
use crate::lab::story::Story;
use crate::nn::Network;
use crate::recognizer::Recognizer;
use crate::run::{digits_missing, pretrained_recognizer};
use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps between two snapshots.
const EVERY: u64 = 25;
/// Digits that are read after an epoch.
const READ: usize = 500;
/// Bytes of snapshots.
const BUDGET: usize = 512 << 20;

/// What the engine does next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Step after step.
    Play,
    /// To the next operation.
    Operation,
    /// To the next phase.
    Phase,
    /// To the end of a turn.
    Turn,
    /// To the end of the step.
    Step,
    /// To a moment of the run, through steps that were perhaps made before: after so many steps, so many events.
    Moment(u64, u64),
}

/// What can only be done between two sessions.
#[derive(Clone, Debug)]
pub enum Demand {
    /// To a moment of a step that was made before, or is about to be made: so many events after so many steps.
    Back(u64, u64),
    /// The same step, with what is changed here.
    Rebuild,
    /// The game that the lab was started with.
    Leave,
    /// Another game, from its first step.
    Begin(Box<Game>),
    /// An end.
    Quit,
}

/// A game to be played from its first step.
#[derive(Clone, Debug)]
pub struct Game {
    /// What a page calls it.
    pub name: String,
    /// What decides it.
    pub config: Config,
    /// What it learns from.
    pub digits: Digits,
    /// The fault that is played.
    pub clinic: Option<Clinic>,
    /// What was chosen, where images are points.
    pub plane: Option<plane::Settings>,
    /// Another one to go on beside it.
    pub beside: Option<Config>,
    /// Whether it plays at once.
    pub playing: bool,
}

/// What can be looked at.
#[derive(Clone, Copy)]
pub enum Look<'a> {
    /// The players, between two steps.
    Session(&'a Session),
    /// The tape, within one.
    Tape(View<'a>),
    /// Neither: a parameter has just been moved.
    Nothing,
}

/// The engine's place to wait at, and its memory of the run.
pub struct Desk {
    mailbox: Arc<Mailbox>,
    game: Game,
    goal: Goal,
    /// What the session that runs is to end for.
    pub demand: Option<Demand>,
    edits: Edits,
    /// How many of them are made in the session that runs.
    made: usize,
    history: History,
    parts: Vec<Place>,
    turns_taken: u64,
    step: u64,
    /// Events since the step began.
    event: u64,
    epoch: u64,
    newest: u64,
    story: Story,
    twin: Option<Twin>,
    shown: Option<Seen>,
    /// The session before the step that is made, if it was looked at, and how many edits were made in it.
    before: Option<(Snapshot, usize)>,
    speed: f64,
    due: Instant,
    trouble: Option<String>,
    /// Where runs were written to.
    pub saved: Vec<String>,
    /// What the lab was started with.
    own: Game,
    /// As the engine stands: the discriminator to judge pictures with.
    judge: Option<Network>,
    /// Read when it is first asked.
    recognizer: OnceCell<Recognizer>,
    /// What the last epoch has shown to be missing.
    pub missing: Option<Diagnosis>,
}

impl Desk {
    /// A desk for a run that has not begun.
    pub fn new(mailbox: Arc<Mailbox>, game: Game) -> Self {
        Self {
            mailbox,
            goal: Goal::Step,
            demand: None,
            own: game.clone(),
            edits: Edits::of(game.config.clone()),
            game,
            made: 0,
            judge: None,
            recognizer: OnceCell::new(),
            missing: None,
            history: History::new(BUDGET),
            parts: Vec::new(),
            turns_taken: 0,
            step: 0,
            event: 0,
            epoch: 0,
            newest: 0,
            story: Story::default(),
            twin: None,
            shown: None,
            before: None,
            speed: 0.0,
            due: Instant::now(),
            trouble: None,
            saved: Vec::new(),
        }
    }

    /// Another run begins.
    pub fn begin(&mut self, game: Game) {
        self.edits = Edits::of(game.config.clone());
        self.history = History::new(BUDGET);
        (self.story, self.newest, self.made) = (Story::default(), 0, 0);
        (self.shown, self.before, self.trouble) = (None, None, None);
        self.goal = if game.playing { Goal::Play } else { Goal::Step };
        let beside = game.beside.as_ref().and_then(|config| Session::new(config, &game.digits).ok());
        self.twin =
            beside.map(|other| Twin::new(other.snapshot(), &Edits::of(other.config().clone()), Story::default()));
        self.game = game;
    }

    /// The game that the lab was started with, to be begun anew.
    pub fn own(&self) -> Game {
        Game { playing: false, ..self.own.clone() }
    }

    /// A session of this run for a moment that it goes to, from the nearest step that is kept.
    ///
    /// # Errors
    /// When it cannot go on from there.
    pub fn session_for(&mut self, step: u64, event: u64) -> Result<Session, TrainError> {
        let from = self.history.before(step).expect("the beginning is kept").clone();
        self.goal = Goal::Moment(step, event);
        (self.shown, self.before, self.trouble) = (None, None, None);
        self.changed(&from, self.edits.made_before(from.step()))
    }

    /// The session that runs, with what was changed since.
    ///
    /// # Errors
    /// When it cannot go on so.
    pub fn rebuilt(&mut self, session: &Session) -> Result<Session, TrainError> {
        self.changed(&session.snapshot(), self.made)
    }

    fn changed(&mut self, from: &Snapshot, made: usize) -> Result<Session, TrainError> {
        let session = self.edits.session(from, made, &self.game.digits)?;
        self.made = self.edits.made_before(from.step() + 1);
        Ok(session)
    }

    /// The first step that one can go back to.
    fn oldest(&self) -> u64 {
        self.history.steps().next().unwrap_or(0)
    }

    /// A part of a step begins.
    pub fn begins(&mut self, part: Part<'_>) {
        self.parts.push(part.into());
    }

    /// It has ended.
    pub fn ends(&mut self, part: Part<'_>) {
        self.parts.pop();
        self.turns_taken += u64::from(part.phase == Phase::Update);
    }

    /// The part that is being made.
    pub fn part(&self) -> Place {
        self.parts.last().cloned().unwrap_or_else(|| Place { network: String::new(), phase: "forward" })
    }

    /// A step has been made.
    pub fn note(&mut self, end: &StepEnd<'_>) {
        self.epoch = end.epoch;
        self.story.note(end.step, end.scores);
    }

    /// An epoch has ended: where a fault is played, it is looked which digits the generator draws.
    pub fn read(&mut self, end: &EpochEnd<'_>) {
        if self.game.clinic.is_some() {
            let recognizer = self.recognizer.get_or_init(pretrained_recognizer);
            let reads = recognizer.check_image_shape(end.image_shape).is_ok();
            self.missing = reads.then(|| digits_missing(recognizer, end, READ)).flatten();
        }
    }

    /// Something looks wrong with the step at hand.
    pub fn warn(&mut self, warning: &Warning) {
        let step = self.step + 1;
        self.story.warn(step, warning);
        if self.game.clinic.as_mut().is_some_and(|clinic| clinic.hears(step, warning)) && self.goal == Goal::Play {
            self.goal = Goal::Step; // to be looked at
        }
    }

    /// Something happens within a step; gives whether it was sent for this.
    pub fn goes_for(&mut self, goals: &[Goal]) -> bool {
        self.event += 1;
        let is_there = self.goal == Goal::Moment(self.step, self.event);
        self.demand.is_none() && (is_there || goals.contains(&self.goal))
    }

    /// All that belongs to a step is done.
    pub fn between_steps(&mut self, session: &Session) -> ControlFlow<()> {
        self.step = session.step();
        self.newest = self.newest.max(self.step);
        self.parts.clear();
        (self.turns_taken, self.event) = (0, 0);
        let (last, due) = (self.history.steps().last(), self.edits.are_due(session, self.made));
        let has_arrived = self.made == self.edits.made_before(self.step); // and nothing is changed here yet
        if has_arrived && last.is_none_or(|last| self.step > last && self.step.is_multiple_of(EVERY)) {
            self.history.keep(session.snapshot());
        }
        if self.mailbox.is_closed() {
            self.demand = Some(Demand::Quit);
        } else if self.demand.is_none() && due {
            self.demand = Some(Demand::Rebuild);
        }
        if self.demand.is_some() {
            return ControlFlow::Break(());
        }
        match self.goal {
            Goal::Moment(step, _) if self.step < step => self.remember(session),
            Goal::Moment(step, event) if self.step == step && event > 0 => {
                self.remember(session);
                self.see(session);
            }
            Goal::Play => self.play_on(session),
            _ => self.stand_between_steps(session),
        }
        if self.demand.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Stands at the end of a step until it is told to leave.
    pub fn stand_between_steps(&mut self, session: &Session) {
        self.stand(&Moment::Step, Look::Session(session));
        self.before = None;
        if self.goal != Goal::Play {
            self.remember(session);
        }
    }

    /// Keeps a session whose next step will be looked at.
    fn remember(&mut self, session: &Session) {
        let is_last = match self.goal {
            Goal::Moment(step, event) => self.step + 1 == step || (self.step == step && event > 0),
            _ => true,
        };
        if is_last {
            self.before = Some((session.snapshot(), self.made));
            self.judge = Some(session.trainer().discriminator().clone());
        }
    }

    /// Training has failed here.
    pub fn note_trouble(&mut self, trouble: &str) {
        self.trouble = Some(trouble.into());
        self.goal = Goal::Step;
    }

    /// How long a step is to take at least.
    fn rest(&self) -> Duration {
        if self.speed > 0.0 { Duration::from_secs_f64(1.0 / self.speed) } else { Duration::ZERO }
    }

    /// Goes on if nobody says otherwise, no faster than asked.
    fn play_on(&mut self, session: &Session) {
        if self.mailbox.wants_frame() {
            self.publish(&Moment::Step, Look::Session(session));
        }
        if !self.mailbox.is_watched() {
            return self.stand_between_steps(session);
        }
        let due = self.due;
        loop {
            while let Some(letter) = self.mailbox.take() {
                if self.handle(letter, Look::Session(session)) && self.goal != Goal::Play {
                    self.remember(session);
                }
            }
            if self.demand.is_some() || self.mailbox.is_closed() || self.goal != Goal::Play || Instant::now() >= due {
                break;
            }
            self.mailbox.wait(Some(due));
        }
        self.due = due.max(Instant::now()) + self.rest();
    }

    /// Shows where it stands, and waits to be sent on.
    pub fn stand(&mut self, moment: &Moment, look: Look<'_>) {
        self.goal = Goal::Step; // whatever it was, it has been reached
        self.publish(moment, look);
        loop {
            self.mailbox.wait(None);
            if self.mailbox.is_closed() {
                self.demand = Some(Demand::Quit);
                return;
            }
            while let Some(letter) = self.mailbox.take() {
                if self.handle(letter, look) {
                    return;
                }
            }
        }
    }

    /// Does what a letter says; gives whether that ends a wait.
    fn handle(&mut self, letter: Letter, look: Look<'_>) -> bool {
        let (answer, leaves) = match letter.what {
            What::Question(question) => (self.answer(&question, look), false),
            What::Command(command) => match self.obey(command, look) {
                Ok(leaves) => (Ok(br#"{"ok":true}"#.to_vec()), leaves),
                Err(refusal) => (Err(refusal), false),
            },
        };
        let _ = letter.reply.send(answer); // whoever asked may have gone
        leaves
    }
}
