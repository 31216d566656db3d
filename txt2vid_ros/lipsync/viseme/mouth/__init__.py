"""The mouth of one picture: lips, teeth and what is seen between them."""
