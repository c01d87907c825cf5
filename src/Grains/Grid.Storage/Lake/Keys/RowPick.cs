namespace Grid.Storage.Lake.Keys;

/// <summary>A row of one of several batches.</summary>
/// <param name="Source">Which batch.</param>
/// <param name="Row">The row in it.</param>
internal readonly record struct RowPick(int Source, int Row);
