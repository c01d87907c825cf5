namespace Grid.Abstractions;

/// <summary>The rules by which schemas are made and changed. Pure.</summary>
public static class SchemaEvolution
{
    /// <summary>Checks a new table's columns and keys and numbers the columns, nested fields included.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.InvalidName"/>, <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public static TableSchema Create(CreateTable request) => throw new NotImplementedException();

    /// <summary>Applies changes in order; the answer is the next version.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public static TableSchema Apply(TableSchema schema, IReadOnlyList<SchemaChange> changes) => throw new NotImplementedException();
}
