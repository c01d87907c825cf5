namespace Grid.Testing.Objects;

/// <summary>What goes wrong with one request.</summary>
public enum HttpFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The connection fails before the request is sent.</summary>
    NotSent,

    /// <summary>The service is busy: 503, nothing done.</summary>
    Busy,

    /// <summary>The request is carried out, and the connection breaks before its answer.</summary>
    AnswerLost,

    /// <summary>The request is carried out and answered 500.</summary>
    DoneAndError,

    /// <summary>The request is carried out, and nobody ever answers: the time limit of the request ends it.</summary>
    DoneAndSilent,

    /// <summary>A layer below repeats the request; the answer to the repeat arrives.</summary>
    SentTwice,

    /// <summary>One bit of the answer's content is wrong.</summary>
    Damaged,
}
