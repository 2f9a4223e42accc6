export { NextToken, type NextTokenOptions, nextTokenGraph, type SFTLoss } from './next-token.ts';
