// Apache.Arrow has words of its own for these; here they are Grid's.
global using Column = Grid.Abstractions.Column;
