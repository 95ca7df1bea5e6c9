/** Functions and patterns on every target, against plain JavaScript. */
import { functions, patterns } from './cases/functions.ts';
import { language } from './language.ts';

language('language: functions', functions);
language('language: patterns', patterns);
