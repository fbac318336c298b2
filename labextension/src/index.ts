/** The classroom's plugins for JupyterLab, each in a module of its own. */

import { assignments } from './assignments';
import { chat } from './chat';
import { connection } from './connection';
import { driving } from './driving';
import { ended } from './ended';
import { following } from './following';
import { givingCopies } from './giveCopy';
import { handingIn } from './handIn';
import { help } from './help';
import { htmlFiles } from './htmlFiles';
import { kernels } from './kernels';
import { labsMenu } from './labsMenu';
import { layouts } from './layouts';
import { leftOut } from './leftOut';
import { link } from './link';
import { live } from './live';
import { locations } from './locations';
import { materials } from './materials';
import { notices } from './notices';
import { openNow } from './openNow';
import { outputs } from './outputs';
import { people } from './people';
import { preferences } from './preferences';
import { readOnly } from './readonly';
import { answerFirst } from './requests';
import { running } from './running';
import { footers, runs } from './runs';
import { sharing } from './sharing';
import { snapshots } from './snapshots';
import { standing } from './standing';
import { timeline } from './timeline';
import { welcome } from './welcome';

answerFirst();

export default [
  outputs,
  htmlFiles,
  leftOut,
  layouts,
  help,
  live,
  running,
  connection,
  ended,
  notices,
  standing,
  preferences,
  snapshots,
  driving,
  assignments,
  handingIn,
  readOnly,
  kernels,
  materials,
  timeline,
  locations,
  following,
  people,
  labsMenu,
  sharing,
  givingCopies,
  openNow,
  footers,
  runs,
  link,
  chat,
  welcome
];
