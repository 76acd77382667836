//! Where page and engine leave things for each other: commands and questions one way, answers and frames the other.

use super::command::{Command, Player};
use super::easel::Picture;
use super::gate::{Gate, held};
use super::plane;
use super::refusal::{Answer, Refusal};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Letters that may wait for the engine; who brings more is told to try again.
const MOST: usize = 64;
/// With no page asking for so long, training pauses.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that is asked about the run, answered between two operations.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// What is on the tape.
    Tape,
    /// An overview of a node's value, or of its adjoint.
    Node {
        /// Its number.
        index: usize,
        /// Its adjoint, not its value.
        adjoint: bool,
        /// The longest side of the overview.
        side: usize,
    },
    /// One number, explained.
    Number {
        /// Its node.
        index: usize,
        /// Where it stands there, in row-major order.
        element: usize,
    },
    /// What the loss becomes when a number moves.
    Nudge {
        /// Its node.
        index: usize,
        /// Where it stands there, in row-major order.
        element: usize,
        /// By so much.
        by: f32,
    },
    /// What a player's layers make of an image.
    Layers(Player),
    /// What the last step's turns did.
    Turn,
    /// The names and shapes of all arrays that training changes.
    Arrays,
    /// One of them, as a file of NumPy's.
    Array {
        /// Its name.
        name: String,
    },
    /// The configuration, as TOML.
    Config,
    /// What is thought of a picture.
    Judge(Picture),
    /// What the generator can draw that comes nearest to it.
    Nearest(Picture),
    /// The Dirac-GAN, played.
    Dirac(plane::Settings),
    /// A real digit.
    Real {
        /// Its number.
        index: usize,
    },
    /// The faults that can be caused.
    Cards,
    /// Digits that the generator draws which comes with the program.
    Trained,
}

/// Something for the engine, and where its answer goes.
pub struct Letter {
    /// What it says.
    pub what: What,
    /// Who waits for an answer.
    pub reply: oneshot::Sender<Answer>,
}

/// What a letter says.
pub enum What {
    /// To be done.
    Command(Command),
    /// To be answered.
    Question(Question),
}

/// A frame on its way to the page.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// Its number, from 1.
    pub number: u64,
    /// What it shows.
    pub json: Arc<Vec<u8>>,
}

/// Between server and engine. Neither waits for the other but where it says so.
pub struct Mailbox {
    letters: Mutex<VecDeque<Letter>>,
    gate: Gate,
    has_mail: AtomicBool,
    frames: watch::Sender<Published>,
    is_wanted: AtomicBool,
    looking: AtomicUsize,
    last_look: Mutex<Instant>,
    closed: AtomicBool,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            letters: Mutex::default(),
            gate: Gate::default(),
            has_mail: AtomicBool::default(),
            frames: watch::Sender::new(Published::default()),
            is_wanted: AtomicBool::new(true),
            looking: AtomicUsize::default(),
            last_look: Mutex::new(Instant::now()),
            closed: AtomicBool::default(),
        }
    }
}

/// The page's side.
impl Mailbox {
    /// Has the engine do something, and waits for its answer.
    ///
    /// # Errors
    /// The engine's; and when too much waits already, or the engine has gone.
    pub async fn send(&self, what: What) -> Answer {
        let (reply, answer) = oneshot::channel();
        {
            let mut letters = held(&self.letters);
            if self.closed.load(Ordering::Acquire) {
                return Err(Refusal { status: 503, message: "the engine has ended".into() });
            }
            if letters.len() >= MOST {
                return Err(Refusal { status: 503, message: "too much is asked at once; ask again".into() });
            }
            letters.push_back(Letter { what, reply });
            self.has_mail.store(true, Ordering::Release);
        }
        self.gate.open();
        answer.await.unwrap_or(Err(Refusal { status: 503, message: "the engine has ended".into() }))
    }

    /// The first frame after this one, or none within this time.
    pub async fn frame_after(&self, number: u64, patience: Duration) -> Option<Published> {
        let _looking = Looking::new(self);
        self.is_wanted.store(true, Ordering::Release);
        let mut frames = self.frames.subscribe();
        let next = frames.wait_for(|frame| frame.number > number);
        let frame = tokio::time::timeout(patience, next).await.ok()?.ok()?;
        Some(frame.clone())
    }

    /// Lets the engine end at its next chance.
    pub fn close(&self) {
        let _letters = held(&self.letters);
        self.closed.store(true, Ordering::Release);
        self.has_mail.store(true, Ordering::Release);
        drop(_letters);
        self.gate.open();
    }
}

/// The engine's side.
impl Mailbox {
    /// Whether the engine is to end.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether there is something to be done.
    pub fn has_mail(&self) -> bool {
        self.has_mail.load(Ordering::Acquire)
    }

    /// What came first, if anything did.
    pub fn take(&self) -> Option<Letter> {
        let mut letters = held(&self.letters);
        let first = letters.pop_front();
        self.has_mail.store(!letters.is_empty() || self.is_closed(), Ordering::Release);
        first
    }

    /// Sleeps until there is something to be done, or until this moment.
    pub fn wait(&self, until: Option<Instant>) {
        self.gate.wait(until, || self.has_mail());
    }

    /// Whether a page waits for a frame. Asked once, it is no longer so.
    pub fn wants_frame(&self) -> bool {
        self.is_wanted.swap(false, Ordering::AcqRel)
    }

    /// Whether some page has looked lately.
    pub fn is_watched(&self) -> bool {
        self.looking.load(Ordering::Acquire) > 0 || held(&self.last_look).elapsed() < PATIENCE
    }

    /// Shows a frame; `json` is given its number.
    pub fn publish(&self, json: impl FnOnce(u64) -> Vec<u8>) {
        self.frames.send_modify(|frame| {
            let number = frame.number + 1;
            *frame = Published { number, json: Arc::new(json(number)) };
        });
    }
}

/// Somebody waits for a frame as long as this lives.
struct Looking<'m>(&'m Mailbox);

impl<'m> Looking<'m> {
    fn new(mailbox: &'m Mailbox) -> Self {
        mailbox.looking.fetch_add(1, Ordering::AcqRel);
        Self(mailbox)
    }
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        *held(&self.0.last_look) = Instant::now();
        self.0.looking.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn now<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn who_asks_is_answered_or_told_that_nobody_is_there() {
        let mailbox = Arc::new(Mailbox::default());
        let engine = Arc::clone(&mailbox);
        let answering = thread::spawn(move || {
            engine.wait(None);
            let letter = engine.take().expect("something is asked");
            assert!(matches!(letter.what, What::Question(Question::Tape)));
            letter.reply.send(Ok(b"[]".to_vec())).unwrap();
            engine.wait(None); // for the end
            assert!(engine.is_closed() && engine.take().is_none());
        });
        assert_eq!(now(mailbox.send(What::Question(Question::Tape))), Ok(b"[]".to_vec()));
        mailbox.close();
        answering.join().unwrap();
        assert_eq!(now(mailbox.send(What::Question(Question::Tape))).unwrap_err().status, 503);
    }

    #[test]
    fn no_more_letters_wait_than_there_is_room_for() {
        let mailbox = Mailbox::default();
        now(async {
            let ask = || mailbox.send(What::Question(Question::Turn));
            let waiting = tokio::time::timeout(Duration::from_millis(50), async {
                let mut all: Vec<_> = (0..MOST).map(|_| Box::pin(ask())).collect();
                std::future::poll_fn(|context| {
                    all.iter_mut().for_each(|one| assert!(one.as_mut().poll(context).is_pending()));
                    std::task::Poll::<()>::Pending
                })
                .await;
            });
            assert!(waiting.await.is_err(), "nobody answers");
            assert_eq!(held(&mailbox.letters).len(), MOST);
            assert_eq!(ask().await.unwrap_err().status, 503);
        });
    }

    #[test]
    fn a_frame_is_waited_for_and_the_latest_one_wins() {
        let mailbox = Mailbox::default();
        assert!(mailbox.wants_frame() && !mailbox.wants_frame(), "a page that opens wants one");
        mailbox.publish(|number| vec![number as u8]);
        mailbox.publish(|number| vec![number as u8]);
        let frame = now(mailbox.frame_after(0, Duration::from_secs(5))).expect("there is one");
        assert_eq!((frame.number, &*frame.json), (2, &vec![2]));
        assert!(mailbox.wants_frame() && mailbox.is_watched());
        assert!(now(mailbox.frame_after(2, Duration::from_millis(10))).is_none());
    }
}
