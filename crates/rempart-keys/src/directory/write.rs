use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use super::error::{DirectoryError, RingFile, WriteError};
use super::line::render_ring;
use super::reading::{DATA, Reading};
use super::{RingDirectory, Timestamp, env, is_env};
use crate::file::{Lock, LockFault};
use crate::{FileFault, Key, KeyId, KeyRing, RingError, Secret, file, random};

/// What changes a ring on disk. Each file is replaced whole, and in an order in which a writer
/// that is cut off leaves a ring that can be read: the one before, or the one after.
impl RingDirectory {
    /// Adds a key that verifies and does not sign yet.
    ///
    /// The first key makes the directory, of mode 0700.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; of the [`RingError`]s those of [`KeyRing::add`].
    pub fn add(&self, id: KeyId, secret: &Secret, now: Duration) -> Result<(), WriteError> {
        if is_env(id) {
            return Err(WriteError::Reserved { id });
        }
        // What would be refused when it is read.
        let readable = Secret::new(secret.expose());
        let secret = readable
            .and_then(|secret| secret.at_least(self.minimum))
            .map_err(|fault| WriteError::Directory(DirectoryError::Secret { id, fault }.into()))?;
        self.check_mounted()?;
        let _lock = self.lock()?;
        let (ring, revoked) = self.standing()?;
        // It may be revoked and forgotten: the file would revoke the new one too.
        if revoked.contains(&id) {
            return Err(RingError::DuplicateId { id }.into());
        }
        let created = Timestamp::at(now).since_epoch();
        let ring = ring.add(Key::new(id, secret.clone()).created_at(created))?;
        // The key before the line that names it.
        self.put(RingFile::Key(id), secret.expose())?;
        self.put_ring(&ring)
    }

    /// Adds a key of 32 random bytes, written as 64 hexadecimal digits, and returns it: whoever
    /// signs with it has to have it too.
    ///
    /// # Errors
    ///
    /// Those of [`add`](Self::add), and [`WriteError::NoRandomness`].
    pub fn generate(&self, id: KeyId, now: Duration) -> Result<Secret, WriteError> {
        let digits = random::digits(32).ok_or(WriteError::NoRandomness)?;
        let secret = Secret::new(digits.as_bytes()).map_err(|_| WriteError::NoRandomness)?;
        self.add(id, &secret, now)?;
        Ok(secret)
    }

    /// Makes a pending key the one that signs; the one that did verifies for `overlap` yet.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; of the [`RingError`]s those of [`KeyRing::promote`].
    pub fn promote(&self, id: KeyId, now: Duration, overlap: Duration) -> Result<(), WriteError> {
        self.check_mounted()?;
        let _lock = self.lock()?;
        let until = Timestamp::at(now.saturating_add(overlap)).since_epoch();
        let ring = self.standing()?.0.promote(id, until)?;
        self.put_ring(&ring)
    }

    /// Revokes a key: when this returns, every reader that looks refuses it, and for good.
    ///
    /// It is written down before another writer is waited for, and needs no ring that can be read:
    /// where nothing can be read, the name is written down as it was given.
    ///
    /// # Errors
    ///
    /// [`WriteError::Ring`] for a key that the ring does not have or that is destroyed,
    /// [`WriteError::Directory`] if the file `revoked` is so long that the name is not read there,
    /// [`WriteError::Io`] and [`WriteError::Mounted`].
    pub fn revoke(&self, id: KeyId, now: Duration) -> Result<(), WriteError> {
        self.check_mounted()?;
        let reading = Reading::take(&self.with_stand_in()?);
        // A slip of the hand is told, where there is something to compare with.
        if let Some(ring) = reading.ring.ok().filter(|_| reading.has_ring || is_env(id)) {
            ring.revoke(id)?;
        }
        self.append_revoked(&[id], now)?;
        self.note_revoked();
        Ok(())
    }

    /// Revokes every key, that of the variable included.
    ///
    /// # Errors
    ///
    /// [`WriteError::Directory`] if it cannot be read which keys there are, or that they are revoked,
    /// [`WriteError::Io`] and [`WriteError::Mounted`].
    pub fn revoke_all(&self, now: Duration) -> Result<(), WriteError> {
        self.check_mounted()?;
        let (ring, _) = self.standing()?;
        let mut ids: Vec<KeyId> = ring.verifying().map(Key::id).collect();
        // Whoever set the variable again would bring it back.
        ids.extend(env().filter(|env| !ids.contains(env)));
        self.append_revoked(&ids, now)?;
        self.note_revoked();
        Ok(())
    }

    /// Removes the bytes of a revoked key; its name stays taken.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; of the [`RingError`]s those of [`KeyRing::destroy`].
    pub fn destroy(&self, id: KeyId) -> Result<(), WriteError> {
        self.check_mounted()?;
        let _lock = self.lock()?;
        let ring = self.standing()?.0.destroy(id)?;
        // The line before the key, or it would name a key that is not there.
        self.put_ring(&ring)?;
        match fs::remove_file(self.file(RingFile::Key(id))) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(WriteError::io(RingFile::Key(id))(error))
            }
            _ => Ok(()),
        }
    }

    /// The ring as its files have it, and the names that `revoked` holds. The variable's key is
    /// there as it is for a reader that has the variable.
    pub(super) fn standing(&self) -> Result<(KeyRing, Vec<KeyId>), WriteError> {
        let reading = Reading::take(&self.with_stand_in()?);
        Ok((reading.ring?, reading.revoked))
    }

    /// Has other bytes for the variable's key, where it has not been given them: what matters here
    /// is in which state that key is.
    pub(super) fn with_stand_in(&self) -> Result<Self, WriteError> {
        if self.seed.is_some() {
            return Ok(self.clone());
        }
        let digits = random::digits(32).ok_or(WriteError::NoRandomness)?;
        let seed = Secret::new(digits.as_bytes()).map_err(|_| WriteError::NoRandomness)?;
        Ok(self.clone().seed(seed))
    }

    /// In one write that takes no lock: no other writer, at work or cut off, may stand in the way.
    fn append_revoked(&self, ids: &[KeyId], now: Duration) -> Result<(), WriteError> {
        file::folder(self.path()).map_err(WriteError::io(RingFile::Directory))?;
        let named = Reading::take(self).revoked;
        let new = ids.iter().filter(|id| !named.contains(id));
        let lines: Vec<String> = new.map(|id| format!("{id} {}", Timestamp::at(now))).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let (file, path) = (RingFile::Revoked, self.file(RingFile::Revoked));
        let told = |fault| WriteError::Directory(DirectoryError::File { file, fault }.into());
        // Opening a pipe would wait for somebody who reads it.
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(told(FileFault::NotAFile));
        }
        file::append_line(&path, &lines.join("\n")).map_err(WriteError::io(file))?;
        // What stands behind the bytes that are read revokes nothing, and that is not kept quiet.
        let named = Reading::take(self).revoked;
        if ids.iter().all(|id| named.contains(id)) {
            return Ok(());
        }
        Err(told(file::read(&path).err().unwrap_or(FileFault::TooLarge)))
    }

    /// Says in `ring` what `revoked` says already; if that cannot be done now, nothing is lost.
    fn note_revoked(&self) {
        let note = || {
            let _lock = self.lock().ok()?;
            let (ring, _) = self.standing().ok()?;
            self.file(RingFile::Ring).exists().then(|| self.put_ring(&ring))?.ok()
        };
        let _ = note();
    }

    /// Makes the directory if it is not there, and keeps other writers out of it.
    fn lock(&self) -> Result<Lock, WriteError> {
        file::folder(self.path()).map_err(WriteError::io(RingFile::Directory))?;
        Lock::take(self.file(RingFile::Lock)).map_err(|fault| match fault {
            LockFault::Held => WriteError::Locked,
            LockFault::Io(error) => WriteError::io(RingFile::Lock)(error),
        })
    }

    fn put_ring(&self, ring: &KeyRing) -> Result<(), WriteError> {
        self.put(RingFile::Ring, render_ring(ring).as_bytes())
    }

    fn put(&self, name: RingFile, content: &[u8]) -> Result<(), WriteError> {
        file::replace(&self.file(name), content).map_err(WriteError::io(name))
    }

    fn file(&self, name: RingFile) -> PathBuf {
        self.path().join(name.to_string())
    }

    fn check_mounted(&self) -> Result<(), WriteError> {
        match fs::symlink_metadata(self.path().join(DATA)) {
            Ok(_) => Err(WriteError::Mounted),
            Err(_) => Ok(()),
        }
    }
}
