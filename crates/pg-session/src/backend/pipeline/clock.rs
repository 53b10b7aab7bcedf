//! A timer that follows its lane to another runtime.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::backend::home::Home;

pub(super) struct Clock {
    sleep: Pin<Box<Sleep>>,
    home: Home,
}

impl Clock {
    pub(super) fn until(deadline: Instant) -> Self {
        Self { sleep: Box::pin(sleep_until(deadline)), home: Home::current() }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.sleep.deadline()
    }

    pub(super) fn reset(&mut self, deadline: Instant) {
        if self.home == Home::current() {
            self.sleep.as_mut().reset(deadline);
        } else {
            *self = Self::until(deadline);
        }
    }
}

impl Future for Clock {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.home != Home::current() {
            *self = Self::until(self.deadline());
        }
        self.sleep.as_mut().poll(context)
    }
}
