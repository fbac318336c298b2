/** What the classroom adds to JupyterLab: its plugins, each in a module of its own. */

import { driving } from './driving';
import { ended } from './ended';
import { live } from './live';
import { notices } from './notices';
import { readOnly } from './readonly';
import { snapshots } from './snapshots';
import { standing } from './standing';
import { talk } from './talk';

export default [live, ended, notices, standing, snapshots, driving, readOnly, talk];
