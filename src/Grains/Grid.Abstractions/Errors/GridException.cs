namespace Grid.Abstractions;

/// <summary>A refusal or a failure: a code for programs, and one line for people with the value, the legal range and the fix.</summary>
[GenerateSerializer, Alias("grid.GridException")]
public sealed class GridException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">The kind of refusal.</param>
    /// <param name="message">One line: what was refused, the actual value, what is legal, what to do.</param>
    public GridException(GridErrorCode code, string message)
        : base(message) => Code = code;

    /// <summary>Makes the exception with the failure that caused it.</summary>
    public GridException(GridErrorCode code, string message, Exception innerException)
        : base(message, innerException) => Code = code;

    /// <summary>The kind of refusal.</summary>
    [Id(0)]
    public GridErrorCode Code { get; }

    /// <summary>A number that helps the caller go on, by code: the current schema version, the expected sequence, the row's version; else 0.</summary>
    [Id(1)]
    public long Detail { get; init; }

    /// <summary>True where the same request may succeed later, unchanged.</summary>
    public bool IsTransient => Code is GridErrorCode.Busy or GridErrorCode.Closing or GridErrorCode.Timeout or GridErrorCode.NotEnoughReplicas
        or GridErrorCode.NotLeader or GridErrorCode.StaleEpoch or GridErrorCode.UnknownNode;
}
