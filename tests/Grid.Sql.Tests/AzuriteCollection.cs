using Grid.Testing.Objects;

namespace Grid.Sql.Tests;

/// <summary>The tests that share one emulator.</summary>
[CollectionDefinition(AzuriteFixture.Collection)]
public sealed class AzuriteCollection : ICollectionFixture<AzuriteFixture>;
