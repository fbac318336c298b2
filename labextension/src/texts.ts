import { type ITranslator, nullTranslator } from '@jupyterlab/translation';
import { assignmentTexts } from './assignmentTexts';

/** All texts that the extension shows, for translators; the domain is `classroom`. */
export function texts(translator: ITranslator | null) {
  const trans = (translator ?? nullTranslator).load('classroom');
  return {
    classroom: trans.__('Classroom'),
    signedOut: trans.__('You are signed out'),
    accessEnded: trans.__('Your access has ended'),
    signInToGoOn: trans.__('Sign in again to go on. What you typed is kept.'),
    signInAgain: trans.__('Sign in again'),
    connectionLost: trans.__(
      'No connection to the lab: trying again. What you type goes on to the others when it is back.'
    ),
    connectionBack: trans.__('The connection is back.'),
    viewOnly: trans.__('View-only: a tutor says who may write'),
    viewOnlyWhile: (driver: string) => trans.__('View-only: %1 drives', driver),
    viewOnlyIn: (owner: string) => trans.__('View-only: %1 says who may write', owner),
    looksIn: (owner: string) => trans.__('View-only: you may look in the lab of %1', owner),
    looksInRoom: trans.__('View-only: you may look in this room'),
    youMayWrite: trans.__('You may write again.'),
    studentsWatch: trans.__('Students: view-only'),
    studentsWrite: trans.__('Students: may write'),
    haveStudentsWatch: trans.__('Have all students only look on'),
    letStudentsWrite: trans.__('Let all students write again'),
    notSwitched: trans.__('The students could not be switched.'),
    follow: (tutor: string) => trans.__('Follow %1', tutor),
    followTutor: trans.__('Follow a tutor'),
    followMore: trans.__('Go where the tutor goes'),
    following: (tutor: string) => trans.__('Following %1 ✕', tutor),
    stepOut: trans.__('Stop following'),
    askedToFollow: (tutor: string) =>
      trans.__('%1 asks everybody to follow. To step out, click on “Following” above.', tutor),
    mayFollow: (tutor: string) =>
      trans.__('%1 asks everybody to follow. To do so, click on “Follow” above.', tutor),
    askToFollow: trans.__('Ask all to follow'),
    askToFollowMore: trans.__('Ask all students to follow where you go'),
    allFollow: (tutor: string) => trans.__('All follow %1', tutor),
    askNoMore: trans.__('Ask nobody to follow any more'),
    notAsked: trans.__('The students could not be asked.'),
    share: trans.__('Share link'),
    copyLink: trans.__('Copy Link to This Place'),
    copyLinkMore: trans.__(
      'Copy a link to the open document and cell, for everybody who may sign in'
    ),
    linkCopied: trans.__('The link to this document is copied.'),
    cellLinkCopied: trans.__('The link to this cell is copied.'),
    ranBy: (who: string, time: string) => trans.__('Run by %1, %2', who, time),
    waitsFor: (who: string) => trans.__('This cell waits for an answer from %1.', who),
    asks: (who: string, question: string) =>
      trans.__('This cell waits for an answer from %1: “%2”', who, question),
    clearOutputs: trans.__('Clear outputs'),
    clearOutputsMore: trans.__('Delete the outputs of all its cells, and open it'),
    noSuchKernel: (path: string, kernel: string) =>
      trans.__(
        '“%1” wants the kernel “%2”, which isn’t here. You can read and edit it; to run it, choose another.',
        path,
        kernel
      ),
    readOnly: trans.__('This file can be read, but not changed. Work on a copy:'),
    myCopy: trans.__('My copy'),
    myCopyMore: trans.__('Copy it into a folder of my name, or open the copy that is there'),
    classCopy: trans.__('The class’s copy'),
    classCopyMore: trans.__('Copy it to the class’s files, or open the copy that is there'),
    takeKernel: (kernel: string) => trans.__('Use %1', kernel),
    chooseKernel: trans.__('Choose another'),
    people: trans.__('Who is here'),
    peopleHere: (count: number) => trans._n('%1 person here', '%1 people here', count),
    tutor: trans.__('tutor'),
    owner: trans.__('owner'),
    isViewOnly: trans.__('view-only'),
    inNoDocument: trans.__('in no document'),
    inCell: (path: string, number: number) => trans.__('%1, cell %2', path, number),
    active: (minutes: number) =>
      minutes < 1 ? trans.__('active now') : trans._n('%1 minute ago', '%1 minutes ago', minutes),
    labs: trans.__('Labs'),
    yourLab: trans.__('Your lab'),
    labOf: (owner: string) => trans.__('Lab of %1', owner),
    room: (name: string) => trans.__('Room %1', name),
    sharedLab: (lab: string) => trans.__('%1 (shared with you)', lab),
    shareLab: trans.__('Share this lab'),
    withWhom: trans.__('GitHub name'),
    withWhomElse: trans.__('Exact name'),
    asWhat: trans.__('They'),
    mayEdit: trans.__('may edit'),
    mayLook: trans.__('may look'),
    untilWhen: trans.__('Until'),
    noEnd: trans.__('no end'),
    anHour: trans.__('for an hour'),
    aDay: trans.__('for a day'),
    aWeek: trans.__('for a week'),
    toADate: trans.__('up to a date'),
    lastDay: trans.__('Last day'),
    shareNow: trans.__('Share'),
    whoHasAccess: trans.__('Who has access'),
    nobodyHasAccess: trans.__('Nobody yet. Tutors may enter every lab.'),
    hereNow: trans.__('here now'),
    waitsForSignIn: trans.__('has not signed in yet'),
    since: (time: string) => trans.__('since %1', time),
    until: (time: string) => trans.__('until %1', time),
    letEdit: trans.__('Let edit'),
    letPersonEdit: (person: string) => trans.__('Let %1 edit in this lab', person),
    letOnlyLook: trans.__('Only look'),
    letPersonOnlyLook: (person: string) => trans.__('Let %1 only look in this lab', person),
    revoke: trans.__('Revoke'),
    revokePerson: (person: string) => trans.__('Stop sharing this lab with %1', person),
    revokeMeans: (person: string) =>
      trans.__('%1 is out of this lab at once. What they wrote stays.', person),
    makeLink: trans.__('Copy a link…'),
    linkLives: trans.__('The link lives'),
    linkUses: trans.__('It may be used'),
    once: trans.__('by one person'),
    byTen: trans.__('by 10 people'),
    byThirty: trans.__('by 30 people'),
    byAnyNumber: trans.__('by any number'),
    guestsUntil: trans.__('Guests keep access'),
    makeThisLink: trans.__('Make the link'),
    makeNoLink: trans.__('Cancel'),
    newLink: trans.__('New link'),
    copyThisLink: trans.__('Copy'),
    copiedLink: trans.__('Copied.'),
    linkAsPicture: trans.__('The link as a QR code'),
    shownOnce: trans.__('It is shown this once. Whoever has it, and may sign in here, can use it.'),
    closeLink: trans.__('Done'),
    links: trans.__('Links'),
    linkOf: (time: string) => trans.__('Link of %1', time),
    deadLink: trans.__('lets nobody in any more'),
    usedBy: (count: number) => trans._n('used by %1 person', 'used by %1 people', count),
    usedOf: (used: number, most: number) => trans.__('used %1 of %2', used, most),
    theyMayUntil: (time: string) => trans.__('its guests until %1', time),
    cameBy: (people: string) => trans.__('Came by it: %1', people),
    byLink: (time: string) => trans.__('by the link of %1', time),
    takeBack: trans.__('Take back'),
    takeBackLink: trans.__('Take back this link'),
    takeBackMeans: trans.__(
      'Nobody else comes in by it. Those who came by it stay until you revoke their access.'
    ),
    takeBackWithGuests: trans.__('Take back, with all who came by it'),
    takeBackGuestsMeans: (people: string) =>
      trans.__(
        'The access of those who came by it ends at once: %1. What they wrote stays.',
        people
      ),
    giveCopy: trans.__('Copy Link to a Copy…'),
    giveCopyMore: trans.__('Make a link by which others get a copy of this file or folder'),
    chooseWhatToGive: trans.__('Choose a file or folder in the file browser.'),
    linkToCopyOf: (name: string) => trans.__('Link to a copy of “%1”', name),
    giveCopyMeans: trans.__(
      'Whoever has the link, and may sign in here, gets a copy of their own, as it was last saved when they open the link. Your file or folder stays as it is.'
    ),
    linkWorks: trans.__('The link works'),
    copyLinkNow: trans.__('Copy link'),
    linkToCopyCopied: trans.__('The link is copied.'),
    copyByHand: trans.__('Copy the link from this field.'),
    whereLinksAre: trans.__(
      'The menu File has “My Links to Copies”: there you see how often it was used, and take it back.'
    ),
    myLinks: trans.__('My Links to Copies'),
    myLinksMore: trans.__('List the links to copies that you have made, and take one back'),
    onlyOwnersShare: trans.__('Only the owner of a lab, or a tutor, shares it.'),
    sharedWithYou: trans.__('Shared with you'),
    youMayEdit: trans.__('This lab is shared with you: you may edit.'),
    youMayLook: trans.__('This lab is shared with you: you may look.'),
    leaveLab: trans.__('Leave this lab'),
    leaveMeans: trans.__(
      'You are out of this lab at once, until somebody shares it with you again. What you wrote stays.'
    ),
    labWith: (lab: string, people: string) => trans.__('%1: %2', lab, people),
    nobodyThere: trans.__('nobody'),
    notRunning: trans.__('not running'),
    goToLab: trans.__('Go to this lab'),
    allLabs: trans.__('All labs …'),
    allLabsMore: trans.__('Go to the list on the Hub’s page'),
    noLabs: trans.__('The labs could not be listed.'),
    jumpToOther: (person: string, lab: string) => trans.__('Go to %1 in: %2', person, lab),
    otherLab: (lab: string, count: number) =>
      trans._n('%2: %1 person', '%2: %1 people', count, lab),
    hasGone: (tutor: string, lab: string) => trans.__('%1 is now in another lab: %2.', tutor, lab),
    goThere: trans.__('Go there'),
    goneElsewhere: (tutor: string) =>
      trans.__('%1 has left this lab, and is in no other lab that you may enter.', tutor),
    openNow: trans.__('Open now'),
    join: (path: string, people: string) => trans.__('Open %1, with %2', path, people),
    more: (count: number) => trans._n('%1 more', '%1 more', count),
    jump: trans.__('Jump to'),
    jumpTo: (person: string) => trans.__('Jump to where %1 is', person),
    letWrite: trans.__('Let write'),
    letPersonWrite: (person: string) => trans.__('Let %1 write again', person),
    makeViewOnly: trans.__('View-only'),
    makePersonViewOnly: (person: string) => trans.__('Have %1 only look on', person),
    remove: trans.__('Remove'),
    removePerson: (person: string) => trans.__('Remove %1 from the classroom', person),
    removeMeans: (person: string) =>
      trans.__(
        '%1 is signed out at once and can’t come back. What they wrote stays. On the page People (Hub) they can be let in again.',
        person
      ),
    removeGuest: (person: string) => trans.__('Remove %1 from this lab', person),
    removeGuestMeans: (person: string) =>
      trans.__(
        '%1 is out of this lab at once and can’t come back. What they wrote stays. You can let them in again here.',
        person
      ),
    removedGuests: trans.__('Removed from this lab'),
    letIn: trans.__('Let in again'),
    letGuestIn: (person: string) => trans.__('Let %1 into this lab again', person),
    notDone: trans.__('That was not done.'),
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
        '%1 file restored. What was there before is in the newest snapshot.',
        '%1 files restored. What was there before is in the newest snapshot.',
        count
      ),
    ...assignmentTexts(trans),
    htmlFile: trans.__('HTML File'),
    htmlViewer: trans.__('HTML Viewer'),
    loadAgain: trans.__('Load the saved file again'),
    tookKeyboard: trans.__('This output was stopped: it took the keyboard from you.'),
    showAgain: trans.__('Show it again'),
    leftOut: (count: number) =>
      trans._n(
        '%1 more file is in this folder. To list it, type “ls” in a terminal.',
        '%1 more files are in this folder. To list them, type “ls” in a terminal.',
        count
      ),
    earlierVersion: trans.__(
      'You see an earlier version of this document. You can’t type in it; the others go on in today’s.'
    ),
    backToNow: trans.__('Back to now'),
    notBackNow: trans.__('Not now: what you typed is still on its way to the lab. Try again.'),
    openPage: trans.__('Open the page in a new tab of the browser'),
    why: {
      beat: '',
      asked: '',
      restore: trans.__('before a restore'),
      stop: trans.__('when the lab stopped')
    }
  };
}

export type Texts = ReturnType<typeof texts>;
