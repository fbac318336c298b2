import type { TranslationBundle } from '@jupyterlab/translation';

/**
 * The texts about assignments: handing out, collecting, handing in. A part of `texts`.
 *
 * @param trans - the translations of the extension's domain.
 */
export function assignmentTexts(trans: TranslationBundle) {
  return {
    assignment: trans.__('Assignment'),
    assignments: trans.__('Assignments'),
    assignmentsMore: trans.__('See who has an assignment, who has handed it in, and collect'),
    handOut: trans.__('Hand out'),
    handOutMore: trans.__('Hand Out…'),
    handOutCaption: trans.__('Give each student a copy of a file or folder'),
    handOutNow: trans.__('Hand Out'),
    handOutAgain: trans.__('Hand out again…'),
    handOutMeans: (path: string) =>
      trans.__(
        'Each student gets a copy of “%1” in a folder with the student’s name, in “students”. What a student has already stays as it is.',
        path
      ),
    handOutHome: (path: string) =>
      trans.__(
        'Each student gets a copy of “%1” in a lab of their own. What a student has already stays as it is.',
        path
      ),
    handingOut: trans.__('Handing out …'),
    wasHandedOut: (done: number, unchanged: number) =>
      [
        trans._n('%1 student has got something new.', '%1 students have got something new.', done),
        unchanged ? trans._n('%1 had it already.', '%1 had it already.', unchanged) : ''
      ]
        .join(' ')
        .trim(),
    chooseWhat: trans.__('First click on a file or folder in the file browser.'),
    assignmentName: trans.__('Name of the assignment'),
    toWhom: trans.__('To whom'),
    membersOf: trans.__('Members of the room'),
    noRoom: '–',
    allStudents: (count: number) => trans.__('All students on the list (%1)', count),
    notYetHere: trans.__(
      'Members of an organization are on the list once they have signed in. Hand out again for those who come later.'
    ),
    noAssignments: trans.__(
      'Nothing has been handed out yet. Right-click on a file or folder in the file browser and choose “Hand Out…”.'
    ),
    handedOutFrom: (path: string) => trans.__('Handed out from “%1”.', path),
    counted: (count: { has: number; changed: number; handedIn: number; all: number }) =>
      trans.__(
        'Of %1 students, %2 have it, %3 have changed it, and %4 have handed it in.',
        count.all,
        count.has,
        count.changed,
        count.handedIn
      ),
    refresh: trans.__('Refresh'),
    student: trans.__('Student'),
    theirCopy: trans.__('Copy'),
    lastChanged: trans.__('Last changed'),
    handedIn: trans.__('Handed in'),
    notChanged: trans.__('not changed'),
    changedSince: trans.__('changed since'),
    notListed: trans.__('no longer on the list'),
    showFolder: trans.__('Show this folder in the file browser'),
    has: {
      none: trans.__('none'),
      other: trans.__('has something else of that name')
    },
    collect: trans.__('Collect…'),
    collectOne: (name: string) => trans.__('Collect “%1”', name),
    collectMeans: trans.__(
      'What each student has handed in last goes to submitted/<student>/<assignment>, where nbgrader looks for it.'
    ),
    collectMissing: trans.__(
      'Also take the copies of those who have handed in nothing, as they are now'
    ),
    courseFolder: trans.__('Folder of the course'),
    everybodyReads: trans.__(
      'Every student can read and change what is in the class’s files. A download is yours alone.'
    ),
    intoFolder: trans.__('Put into the Folder'),
    download: trans.__('Download'),
    downloaded: trans.__('What was handed in is in your downloads.'),
    collecting: trans.__('Collecting …'),
    wasCollected: (done: number, unchanged: number) =>
      [
        trans._n(
          '%1 student’s work was collected.',
          'The work of %1 students was collected.',
          done
        ),
        unchanged ? trans._n('%1 was there already.', '%1 were there already.', unchanged) : ''
      ]
        .join(' ')
        .trim(),
    leftOutOf: (names: string) =>
      trans.__('Not copied, because they are links, hidden, or no files: %1', names),
    handIn: trans.__('Hand in'),
    handInMore: trans.__('Hand In…'),
    handInCaption: trans.__('Give a tutor a copy of your work as it is now'),
    handInMeans: (path: string) =>
      trans.__(
        'The tutor gets a copy of your folder “%1” as it is now. You can go on, and hand in again: the newest counts.',
        path
      ),
    notHandedIn: trans.__('You have not handed this in yet.'),
    handedInBefore: (time: string) => trans.__('You have handed this in on %1.', time),
    handingIn: trans.__('Handing in …'),
    wasHandedIn: (name: string, time: string) => trans.__('“%1” is handed in: %2.', name, time),
    nothingToHandIn: trans.__('No tutor has handed out anything to you yet.')
  };
}
