/** Variables, conditions, loops and jumps on every target, against plain JavaScript. */
import { conditions, growing, loops, special, variables } from './cases/control.ts';
import { language } from './language.ts';

language('language: variables', variables);
language('language: conditions', conditions);
language('language: loops', loops);
language('language: loops whose dtypes grow', growing);
language('language: NaN and infinities', special);
