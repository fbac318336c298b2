import { type ITranslator, nullTranslator } from '@jupyterlab/translation';

/** Every word that the extension shows, for translators: domain `classroom`. */
export function texts(translator: ITranslator | null) {
  const trans = (translator ?? nullTranslator).load('classroom');
  return {
    classroom: trans.__('Classroom'),
    signedOut: trans.__('You are signed out'),
    signInToGoOn: trans.__('Sign in again to go on. What you typed is kept.'),
    signInAgain: trans.__('Sign in again'),
    viewOnly: trans.__('View-only: a tutor drives'),
    viewOnlyWhile: (driver: string) => trans.__('View-only: %1 drives', driver),
    youMayWrite: trans.__('You may write again.'),
    viewOnlyForAll: trans.__('View-only for all students'),
    studentsWatch: trans.__('Students: view-only'),
    studentsWrite: trans.__('Students: may write'),
    haveStudentsWatch: trans.__('Have all students only look on'),
    letStudentsWrite: trans.__('Let all students write again'),
    notSwitched: trans.__('The students could not be switched.'),
    chat: trans.__('Chat'),
    unread: (count: number) => trans._n('Chat: %1 new message', 'Chat: %1 new messages', count),
    restoreEarlier: trans.__('Restore an earlier version'),
    restoreEarlierMore: trans.__('Restore an Earlier Version…'),
    restoreEarlierCaption: trans.__('Bring a file or folder back from a snapshot'),
    snapshots: trans.__('Snapshots'),
    files: trans.__('Files then'),
    preview: trans.__('Preview'),
    noSnapshots: trans.__('There is no snapshot yet.'),
    up: trans.__('.. (up)'),
    all: trans.__('All files'),
    wholeFolder: (folder: string) => trans.__('All of “%1”', folder),
    folderComesBack: trans.__(
      'All that was in the folder then comes back; what is new in it stays.\n\nA double click or → leads into a folder, ← out of it.'
    ),
    looking: trans.__('Looking …'),
    restore: trans.__('Restore'),
    restoring: trans.__('Bringing back …'),
    restored: (count: number) =>
      trans._n(
        '%1 file brought back. What was there before is in the newest snapshot.',
        '%1 files brought back. What was there before is in the newest snapshot.',
        count
      ),
    why: {
      beat: '',
      asked: '',
      restore: trans.__('before a restore'),
      stop: trans.__('when the lab stopped')
    }
  };
}

export type Texts = ReturnType<typeof texts>;
