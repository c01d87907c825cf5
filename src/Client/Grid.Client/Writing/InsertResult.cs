using Grid.Abstractions;

namespace Grid.Client;

/// <summary>What insert-if-absent found or made.</summary>
/// <typeparam name="T">The row type.</typeparam>
/// <param name="Row">The row that is stored now.</param>
/// <param name="Inserted">Whether this call inserted it.</param>
/// <param name="Version">The offset of the row's last change.</param>
public readonly record struct InsertResult<T>(T Row, bool Inserted, LogOffset Version);

/// <summary>A row and its version.</summary>
/// <typeparam name="T">The row type.</typeparam>
/// <param name="Row">The row.</param>
/// <param name="Version">The offset of its last change: what a compare-and-set expects.</param>
public sealed record Versioned<T>(T Row, LogOffset Version);
