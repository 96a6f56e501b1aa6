//! What every service is built on: the directory and the clock, and the handle by which a test reaches a service.
//!
//! It knows no service.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::directory::Directory;
use crate::service::{Service, SharedService};

/// The directory that all services share, and their clock.
pub(crate) struct Ground {
    directory: Mutex<Directory>,
    pub(crate) clock: Clock,
}

impl Ground {
    pub(crate) fn new(directory: Directory) -> Self {
        Self {
            directory: Mutex::new(directory),
            clock: Clock::default(),
        }
    }

    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        lock(&self.directory)
    }
}

/// A lock is taken even if a test failed while it had it: the services answer until the end.
pub(crate) fn lock<S>(state: &Mutex<S>) -> MutexGuard<'_, S> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A service that is being served, with what it alone knows. Tests set it up by the methods in its files.
pub struct Emulated<S> {
    service: SharedService,
    own: Arc<Mutex<S>>,
    ground: Arc<Ground>,
}

impl<S> Emulated<S> {
    pub(crate) fn new(service: SharedService, own: &Arc<Mutex<S>>, ground: &Arc<Ground>) -> Self {
        Self {
            service,
            own: Arc::clone(own),
            ground: Arc::clone(ground),
        }
    }

    /// What the service alone knows. Where the directory is needed too, it is locked afterwards.
    pub(crate) fn own(&self) -> MutexGuard<'_, S> {
        lock(&self.own)
    }

    /// The same for another service, which keeps it.
    pub(crate) fn shared(&self) -> Arc<Mutex<S>> {
        Arc::clone(&self.own)
    }

    /// What it shares with the others.
    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.ground.directory()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.ground.clock
    }
}

impl<S> Deref for Emulated<S> {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl<S> fmt::Debug for Emulated<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.service.fmt(formatter)
    }
}
